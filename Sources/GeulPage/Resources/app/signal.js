/** Creates a value that notifies its subscribers when it is replaced by a different one. */
export function signal(initial) {
  let current = initial;
  const subscribers = new Set();
  return {
    get value() {
      return current;
    },
    set value(next) {
      if (Object.is(next, current)) return;
      current = next;
      for (const subscriber of [...subscribers]) subscriber(next);
    },
    /** Calls `subscriber` after each change; returns a function that ends this. */
    subscribe(subscriber) {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
  };
}

/** Returns a function that calls all `functions`; for ending several subscriptions. */
export function all(...functions) {
  return () => functions.forEach((f) => f());
}
