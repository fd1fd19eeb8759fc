// JavaScript Promise Integration, which TypeScript does not know yet.
declare namespace WebAssembly {
  /** An import that suspends the program until the promise it returns is settled. */
  class Suspending {
    constructor(call: (...args: any[]) => Promise<unknown>);
  }
  /** An export as a function that returns a promise, because the program below it may suspend. */
  function promising(call: (...args: any[]) => unknown): (...args: any[]) => Promise<any>;
}
