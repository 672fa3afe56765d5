/** `total.ts [FAILED]` adds up the levels in .test-logs and what failed beside them. The last line is `N passed, N failed, N skipped`; fails when a test failed or none ran. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LevelResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly failures: readonly unknown[];
}

const logs = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', '.test-logs');
const print = (text: string): void => void process.stdout.write(`${text}\n`);

let passed = 0;
let failed = Number(process.argv[2] ?? 0);
let skipped = 0;
for (const level of ['unit', 'simulation', 'contract', 'lab']) {
  const file = join(logs, `${level}.json`);
  if (!existsSync(file)) {
    print(`${level}: did not run`);
    failed += 1;
    continue;
  }
  const result: LevelResult = JSON.parse(readFileSync(file, 'utf8'));
  print(
    `${level}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped in ${result.seconds} s`,
  );
  passed += result.passed;
  failed += result.failed;
  skipped += result.skipped;
}
if (failed > 0) print(`what the failed tests wrote is in ${logs}`);
print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
