import { after, type Life } from '../time.ts';
import type { World } from '../world.ts';
import type { Pause } from './pause.ts';

/** Runs a program until its end, with its pauses, unless its life is over before. */
export const drive = <T>(
  world: World,
  life: Life,
  program: Generator<Pause, T, boolean>,
  end: (result: T) => void,
): void => {
  const resume = (answer: boolean): void => {
    if (life.isOver) return;
    const { value, done } = program.next(answer);
    if (done) end(value);
    else if (typeof value === 'number') after(world, value, life, goOn);
    else {
      let isOpen = false;
      const open = (isInTime: boolean) => (): void => {
        if (isOpen) return;
        isOpen = true;
        resume(isInTime);
      };
      value.onOpen = () => after(world, 0, life, open(true));
      if (value.isOpen) value.onOpen();
      after(world, value.atMostMs, life, open(false));
    }
  };
  const goOn = (): void => resume(true);
  goOn();
};
