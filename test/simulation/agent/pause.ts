/** What a program waits for: some milliseconds, or a gate that somebody else opens. */
export interface Gate {
  readonly atMostMs: number;
  isOpen: boolean;
  onOpen: (() => void) | undefined;
}

/** A program that waited for a gate is told whether it was opened in time. */
export type Pause = number | Gate;

export const closedGate = (atMostMs: number): Gate => ({ atMostMs, isOpen: false, onOpen: undefined });

export const openGate = (gate: Gate): void => {
  if (gate.isOpen) return;
  gate.isOpen = true;
  gate.onOpen?.();
};
