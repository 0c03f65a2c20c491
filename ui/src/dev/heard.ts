// Every text that the fake backend has given to the window. What the window shows and no catalogue has said must be
// among it: names, addresses, lines of the log.

interface Internals {
  invoke: (command: string, args?: unknown, ...rest: unknown[]) => Promise<unknown>;
}

/** Listens to all that the backend answers and sends; the texts are in `lanrageHeard` of the window. */
export function listenToBackend(): void {
  const texts = new Set<string>();
  const hear = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(hear);
  };
  const internals = (window as unknown as { __TAURI_INTERNALS__: Internals }).__TAURI_INTERNALS__;
  const { invoke } = internals;
  internals.invoke = async (command, args, ...rest) => {
    // An event comes as the argument of a command.
    hear(args);
    try {
      const answer = await invoke(command, args, ...rest);
      hear(answer);
      return answer;
    } catch (thrown) {
      hear(thrown);
      throw thrown;
    }
  };
  Object.assign(window, { lanrageHeard: texts });
}
