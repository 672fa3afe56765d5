import t from 'tap';
import { parseNotify, parseNotifyLists } from '../../../../lib/pacemaker/notify.ts';

const env = (entries: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(entries).map(([k, v]) => [`OCF_RESKEY_CRM_meta_notify_${k}`, v]));

t.test('the new vocabulary', async (t) => {
  t.match(
    parseNotify(
      env({
        type: 'pre',
        operation: 'promote',
        promote_uname: 'node2',
        promoted_uname: ' ',
        unpromoted_uname: 'node2 node3',
        active_uname: ' ',
      }),
    ),
    { type: 'pre', operation: 'promote', promote: ['node2'], promoted: [], unpromoted: ['node2', 'node3'] },
  );
});

t.test('the old vocabulary', async (t) => {
  t.match(
    parseNotify(env({ type: 'post', operation: 'demote', master_uname: 'db1', slave_uname: 'db10 db11' })),
    {
      promoted: ['db1'],
      unpromoted: ['db10', 'db11'],
    },
  );
});

t.test('no notification', async (t) => {
  t.equal(parseNotify({}), undefined);
  t.equal(parseNotify(env({ type: 'pre', operation: 'migrate' })), undefined);
  t.same(parseNotifyLists({}).promote, []);
});
