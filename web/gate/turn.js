// Giving way to events: messages, timers and the terminal come first, then what was asked for.

/**
 * Calls `run` after the events that wait now.
 * @param {() => void} run
 */
export function afterEvents(run) {
  // default priority: a higher one and scheduler.yield() would starve messages
  if ("scheduler" in globalThis) scheduler.postTask(run);
  else {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      run();
    };
    port2.postMessage(0);
  }
}
