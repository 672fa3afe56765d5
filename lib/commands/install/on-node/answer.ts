import { mkdtempSync } from 'node:fs';
import { dirname } from 'node:path';
import { wallClockMs } from '../../../system/clock.ts';
import { look } from './look.ts';
import { clearOldRooms, clearRoom, put, ROOMS } from './put.ts';
import type { Answer, Request } from './request.ts';

/** Does on this node what it is asked; never throws. */
export function answer(request: Request): Answer {
  try {
    switch (request.kind) {
      case 'look':
        return { kind: 'facts', facts: look(request.look) };
      case 'make-room':
        clearOldRooms(dirname(ROOMS), wallClockMs());
        // Nobody else can enter it.
        return { kind: 'room', room: mkdtempSync(ROOMS) };
      case 'put':
        put(request.put);
        return { kind: 'done' };
      case 'clear-room':
        clearRoom(request.room);
        return { kind: 'done' };
    }
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
