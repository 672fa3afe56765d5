import t from 'tap';
import { LabError } from '../../../lab/failure.ts';
import { waitUntilComplete } from '../../../lab/observe/wait.ts';

t.test('returns as soon as nothing is missing', async (t) => {
  let asked = 0;
  await waitUntilComplete(
    'three questions',
    async () => (++asked < 3 ? 'more' : undefined),
    5000,
    async () => '',
  );
  t.equal(asked, 3);
});

const errorOf = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

t.test('says what was waited for, what was missing, and how it looked', async (t) => {
  const missing = async (): Promise<string> => 'no node is promoted';
  const error = await errorOf(waitUntilComplete('a primary', missing, 0, async () => 'the picture'));
  t.ok(error instanceof LabError);
  t.match(String(error), /a primary \(no node is promoted\).*\nthe picture/);
});

t.test('an error counts as not yet, and so does a picture that cannot be taken', async (t) => {
  const broken = async (): Promise<string> => {
    throw new Error('crm_mon does not answer');
  };
  const error = await errorOf(waitUntilComplete('a cluster', broken, 0, broken));
  t.match(String(error), /a cluster \(crm_mon does not answer\)/);
});
