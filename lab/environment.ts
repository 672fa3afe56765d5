/**
 * The environment of every process that the lab starts. Nothing of the harness's own gets in: a test runner's
 * variables would reach every agent.
 */
export const cleanEnv: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};
