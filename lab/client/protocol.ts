/** What the harness and a client's process say to each other: lines of JSON. */
import type { ClientReport, ReadReport } from './report.ts';

/** The first line to the process; secrets travel here and never in arguments. A line `stop` ends it. */
export interface ClientTask {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly connectTimeoutMs: number;
  /** A write that is not acknowledged within this time is given up, with its connection. */
  readonly writeTimeoutMs: number;
  /** Between two writes; 0 for as fast as possible. */
  readonly pauseMs: number;
  readonly gapThresholdMs: number;
  /** How long after `stop` the service may take to come back for the proof. */
  readonly verifyTimeoutMs: number;
}

export type ClientMessage =
  | { readonly kind: 'progress'; readonly acked: number; readonly errors: number; readonly lastError: string }
  | {
      readonly kind: 'report';
      readonly report: ClientReport;
      readonly acknowledgedAtMs: readonly number[];
    }
  | {
      readonly kind: 'failure';
      readonly message: string;
      readonly acknowledgedAtMs: readonly number[];
    };

/** The first line to a process that reads. A line `stop` ends it, too. */
export interface ReadTask {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** For the connection, and once more for the answer. */
  readonly connectTimeoutMs: number;
  /** Between two connections. */
  readonly pauseMs: number;
  readonly gapThresholdMs: number;
  /** How long after `stop` to go on trying for an answer, so that a gap that is open is measured. */
  readonly patienceMs: number;
}

export type ReadMessage =
  | {
      readonly kind: 'progress';
      readonly reads: number;
      readonly errors: number;
      readonly lastError: string;
      readonly servers: Record<string, number>;
    }
  | { readonly kind: 'report'; readonly report: ReadReport };
