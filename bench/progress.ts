/** Says on standard error how far a long benchmark is, with the time (UTC). */
export const progress = (text: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
