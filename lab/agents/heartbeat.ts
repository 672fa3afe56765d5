// biome-ignore-start lint/suspicious/noTemplateCurlyInString: a shell's variables
const broken = '${HA_SBIN_DIR}/crm_attribute -p $@';
const corrected = '${HA_SBIN_DIR}/crm_attribute --promotion="$OCF_RESOURCE_INSTANCE" $@';
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: a shell's variables

/**
 * Corrects one line of resource-agents 4.12's ocf-shellfuncs. Of `crm_attribute -p -v -INFINITY`, Pacemaker 2.1.5
 * takes `-INFINITY` for the options -I, -N and so on, so that ocf:heartbeat:pgsql retries until its start times out.
 * With the resource named in the first word, the rest is read as it was meant.
 * Other versions lack that line and are left as they are.
 */
export const correctShellFunctions = (text: string): string => text.replace(broken, () => corrected);
