/** What is taken for granted, since the product does not hold without it: a known gap (docs/simulation.md), and false shows it. */
export const ASSUMED = {
  /** Pacemaker before 3.0.1: a record that raises admin_epoch is refused by a CIB of another admin_epoch, whether higher or lower. */
  ranksOnlyAt: true,
} satisfies Readonly<Record<string, boolean>>;
