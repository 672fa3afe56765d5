/**
 * cls_online_switch: how long a planned switch stops writes. It measures time, so scripts/test.ts runs it with nothing
 * beside it.
 */
import { castOf, waitForPrimary } from './actions.ts';
import { watchOtherWork } from './other-work.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';
import { clsSwitch, constraintsOf, isAsked, nothingIsLeft } from './switches.ts';

/** What operators are promised in docs/switch.md. */
const STOPPED_AT_MOST_MS = 2_500;
/** Of the machine: what is beside the lab beyond that makes the figure one of its own. */
const OTHER_WORK = 0.25;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario('to a named standby that is not synchronous, and back without a name', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    const before = { constraints: await constraintsOf(lab), record: await lab.replInfo() };
    const planned = await clsSwitch(lab, sync, '--dry-run', other);
    t.equal(planned.exitCode, 0, planned.stderr);
    t.match(planned.stdout, `${other} becomes the primary, and ${primary} its standby`);
    t.equal(isAsked(await lab.crmMon()), false, '--dry-run asks for nothing');
    t.equal(await lab.replInfo(), before.record);

    const otherWork = await watchOtherWork(lab);
    const { longestGapMs } = await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      const there = await clsSwitch(lab, sync, other);
      t.equal(there.exitCode, 0, there.stderr);
      t.match(
        there.stdout,
        new RegExp(`^${other} is the primary; ${primary} was it before\\.\nWrites were stopped for `),
      );
      t.comment(there.stdout);
      await waitForPrimary(lab, other);
      await client.waitForWrites(20, RECOVERY_MS);
    });
    const share = await otherWork();
    const figure = `writes stopped for ${longestGapMs} ms; other work took ${Math.round(share * 100)} % of the machine`;
    if (share > OTHER_WORK) t.comment(`not judged: ${figure}`);
    else t.ok(longestGapMs <= STOPPED_AT_MOST_MS, `${figure}; ${STOPPED_AT_MOST_MS} ms at most`);

    const successor = (await castOf(lab)).sync;
    const back = await clsSwitch(lab, other);
    t.equal(back.exitCode, 0, back.stderr);
    t.match(back.stdout, `${successor} is the primary; ${other} was it before`);
    t.equal(await nothingIsLeft(t, lab, before.constraints), successor);
  });
});
