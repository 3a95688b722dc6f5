/** `deployment`. */
import { showDeployment } from '../show-deployment.ts';
import { about, type CommonOptions, type Topic } from './topic.ts';

/** Adds `deployment`. */
export const deploymentCommand: Topic = (program, { terminal, reach }) => {
  about(program.command('deployment'))
    .description('which deployment the options name, and its outputs')
    .action(async (options: CommonOptions) => showDeployment(await reach(options), terminal, options.json ?? false));
};
