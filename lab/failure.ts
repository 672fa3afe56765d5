/** The command line or the options make no sense: the message is one sentence for the person who wrote them. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something that the lab needs is missing or did not happen in time; the message says what. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
