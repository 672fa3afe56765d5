/**
 * cls_online_switch: how long a planned switch stops writes. It measures time, so scripts/test.ts runs it with nothing
 * beside it.
 */
import { castOf, waitForPrimary } from './actions.ts';
import { atPace, nodeStartMs } from './pace.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';
import { clsSwitch, constraintsOf, isAsked, nothingIsLeft } from './switches.ts';

/** What operators are promised in docs/switch.md. */
const STOPPED_AT_MOST_MS = 2_500;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario('to a named standby that is not synchronous, and back without a name', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    const before = { constraints: await constraintsOf(lab), record: await lab.replInfo() };
    const planned = await clsSwitch(lab, sync, '--dry-run', other);
    t.equal(planned.exitCode, 0, planned.stderr);
    t.match(planned.stdout, `${other} becomes the primary, and ${primary} its standby`);
    t.equal(isAsked(await lab.crmMon()), false, '--dry-run asks for nothing');
    t.equal(await lab.replInfo(), before.record);

    const startsBefore = await nodeStartMs();
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
    const startMs = Math.max(startsBefore, await nodeStartMs());
    const limitMs = atPace(STOPPED_AT_MOST_MS, startMs);
    t.ok(
      longestGapMs <= limitMs,
      `writes stopped for ${longestGapMs} ms, of ${limitMs} at most where Node.js starts in ${Math.round(startMs)} ms`,
    );

    const successor = (await castOf(lab)).sync;
    const back = await clsSwitch(lab, other);
    t.equal(back.exitCode, 0, back.stderr);
    t.match(back.stdout, `${successor} is the primary; ${other} was it before`);
    t.equal(await nothingIsLeft(t, lab, before.constraints), successor);
  });
});
