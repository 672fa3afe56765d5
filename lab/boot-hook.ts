/** Run by a machine of namespaces each time it boots, beside the cluster. */
export const bootHook = '/etc/pha-lab/boot';
