/** `doctor`. */
import { examineDeployment } from '../doctor/examine.ts';
import { about, type CommonOptions, type Topic } from './topic.ts';

/** Adds `doctor`. */
export const doctorCommand: Topic = (program, { terminal, reach, end }) => {
  about(program.command('doctor'))
    .description('whether the deployment can work: MX, secrets, webhooks, alarms, queues, quotas, clocks, versions')
    .action(async (options: CommonOptions) => {
      const version = program.version() ?? '';
      end(await examineDeployment(await reach(options), terminal, { json: options.json ?? false, version }));
    });
};
