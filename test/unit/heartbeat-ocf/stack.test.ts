import t from 'tap';
import { originalStack } from '../../../heartbeat-ocf/stack.ts';

t.test('frames are told in terms of the sources', async (t) => {
  // line 2, column 5 of the bundle is line 41, column 7 of lib/observe.ts
  const folder = t.testdir({
    bundle: '',
    '.bundle.map': JSON.stringify({ version: 3, sources: ['lib/observe.ts'], names: [], mappings: ';IAwCM' }),
  });
  const error = new Error('x');
  error.stack = `Error: x\n    at decide (${folder}/bundle:2:5)\n    at ${folder}/bundle:2:5\n    at other (node:fs:1:1)`;
  t.equal(
    originalStack(error),
    'Error: x\n    at decide (lib/observe.ts:41:7)\n    at lib/observe.ts:41:7\n    at other (node:fs:1:1)',
  );
});

t.test('without a map the stack stays as it is', async (t) => {
  const error = new Error('x');
  error.stack = 'Error: x\n    at decide (/nonexistent/bundle:2:5)';
  t.equal(originalStack(error), error.stack);
});
