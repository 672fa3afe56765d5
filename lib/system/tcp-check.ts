import { createConnection } from 'node:net';
import { type Deadline, onExpiry } from './clock.ts';

export type TcpAnswer =
  | { readonly ok: true }
  /** `timedOut`: nobody has refused, either. */
  | { readonly ok: false; readonly timedOut: boolean; readonly reason: string };

/** Whether somebody takes connections there. Nothing is said over it. */
export const checkPort = (address: string, port: number, deadline: Deadline): Promise<TcpAnswer> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: address, port });
    const end = (answer: TcpAnswer): void => {
      cancel();
      socket.destroy();
      resolve(answer);
    };
    const cancel = onExpiry(deadline, () => end({ ok: false, timedOut: true, reason: 'no answer in time' }));
    socket.once('connect', () => end({ ok: true }));
    socket.once('error', (error) =>
      end({ ok: false, timedOut: false, reason: 'code' in error ? String(error.code) : error.message }),
    );
  });
