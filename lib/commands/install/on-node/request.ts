/** What the program on a node is asked, and what it answers: one JSON object each. */
export type Request =
  | { readonly kind: 'look'; readonly look: LookRequest }
  | { readonly kind: 'make-room' }
  | { readonly kind: 'put'; readonly put: PutRequest }
  | { readonly kind: 'clear-room'; readonly room: string };

/** It only reads. */
export interface LookRequest {
  readonly targets: readonly string[];
  readonly ocfRoot: string;
  readonly password?: PasswordLine;
}

/** What the `.pgpass` of the database's user is to say. */
export interface PasswordLine {
  /** Account of the operating system whose file it is. */
  readonly owner: string;
  readonly user: string;
  readonly password: string;
  /** The same as a line of the file. */
  readonly line: string;
  /** Where the password is used: the write VIP and the nodes. */
  readonly hosts: readonly string[];
  readonly port: number;
}

export interface PutRequest {
  /** Where the files that were sent lie; removed in the end. */
  readonly room?: string;
  readonly files: readonly PutFile[];
  readonly password?: PasswordLine;
}

export interface PutFile {
  readonly target: string;
  readonly mode: number;
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    /** A built file that was sent, or that lies on this machine. */
    | { readonly kind: 'file'; readonly path: string; readonly sha256: string };
}

export interface NodeFacts {
  readonly nodePath: string;
  readonly uid: number;
  readonly hasOcfRoot: boolean;
  /** By target; what is not there is missing here, too. */
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly mode: number }>>;
  readonly passfile: PassfileFact;
}

export type PassfileFact =
  | { readonly state: 'not-asked' }
  /** The line is there and nobody else can read the file. */
  | { readonly state: 'right'; readonly path: string }
  | { readonly state: 'to-write'; readonly path: string }
  /** Why it cannot be written, with what to do. */
  | { readonly state: 'impossible'; readonly reason: string };

export type Answer =
  | { readonly kind: 'facts'; readonly facts: NodeFacts }
  | { readonly kind: 'room'; readonly room: string }
  | { readonly kind: 'done' }
  /** Told by the program itself; of a put, what is installed now is in it. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Of the lines around the program: it ended where it should not, and it is not known what it did. */
  | { readonly kind: 'crashed'; readonly reason: string }
  /** Of the few lines around the program, which any Node.js understands. */
  | { readonly kind: 'old-node'; readonly nodePath: string; readonly version: string };
