// Giving way to events: messages, timers and the terminal come first, then what was asked for.

// A message to ourselves takes its place in the queue like every other event, in all browsers. Tasks of
// scheduler.postTask() do not: in Firefox those of default priority run before timers, which then never fire.
const { port1: inbox, port2: outbox } = new MessageChannel();
/** @type {(() => void)[]} each waits for a turn of its own */
const waiting = [];

inbox.onmessage = () => {
  const run = waiting.shift();
  // one message at a time: events get their turn between two that wait, however many do
  if (waiting.length) outbox.postMessage(0);
  run?.();
};

/**
 * Calls `run` after the events that wait now.
 * @param {() => void} run
 */
export function afterEvents(run) {
  if (waiting.push(run) === 1) outbox.postMessage(0);
}
