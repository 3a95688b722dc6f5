import type { MxModel } from './mx-model.ts';
import type { Delivery } from './outbox.ts';

/** Where webhooks go, and how the sender says who it is (MX facts 6.1: HTTP Basic). */
export interface WebhookTarget {
  url: string;
  user?: string;
  password?: string;
}

const TIMEOUT_MS = 10_000;
/** The longest wait between two looks: calls and control commands make webhooks without waking this timer. */
const LONGEST_SLEEP_MS = 250;

/** Delivers the model's webhooks over HTTP until stopped. Redirects are not followed; what fails is tried again. */
export function startWebhookSender(model: MxModel, target: WebhookTarget, now: () => number): { stop(): void } {
  const stopped = new AbortController();
  const authorization =
    target.user === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${target.user}:${target.password ?? ''}`).toString('base64')}` };

  const deliver = async (delivery: Delivery): Promise<void> => {
    let status: number | null = null;
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body: delivery.body,
        redirect: 'manual',
        signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      status = response.status;
      await response.body?.cancel();
    } catch {
      // No answer: the model is told null and plans the next try.
    }
    model.webhookAnswered(delivery.id, status);
  };

  let timer: NodeJS.Timeout | undefined;
  const round = (): void => {
    for (const delivery of model.dueWebhooks()) void deliver(delivery);
    const wait = Math.min(LONGEST_SLEEP_MS, Math.max(10, (model.nextEventAt() ?? Number.POSITIVE_INFINITY) - now()));
    timer = setTimeout(round, wait);
  };
  round();
  return {
    stop() {
      clearTimeout(timer);
      stopped.abort();
    },
  };
}
