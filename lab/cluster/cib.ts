import type { RoleWords } from '../../heartbeat-ocf/metadata.ts';
import { clusterNames, isDual, type LabOptions } from '../options.ts';
import type { Definition } from './definition.ts';
import { element, nvset, renderXml } from './xml.ts';

export const cibPath = '/var/lib/pacemaker/cib/cib.xml';

/** The attributes that tie a CIB to the installed Pacemaker. */
export interface CibVersion {
  readonly featureSet: string;
  readonly schema: string;
}

/**
 * Reads them from what `cibadmin --empty` prints. A seed with a newer feature set than the installed
 * Pacemaker's elects no coordinator for ever.
 */
export const parseCibVersion = (empty: string): CibVersion | undefined => {
  const featureSet = /\bcrm_feature_set="([^"]+)"/.exec(empty)?.[1];
  const schema = /\bvalidate-with="([^"]+)"/.exec(empty)?.[1];
  return featureSet === undefined || schema === undefined ? undefined : { featureSet, schema };
};

const properties = (options: LabOptions): Record<string, string> => ({
  'stonith-enabled': 'false',
  // With two_node a node that is left alone keeps quorum: the template for two nodes says stop, too.
  'no-quorum-policy': clusterNames(options).length > 2 || isDual(options.template) ? 'stop' : 'ignore',
  // A new cluster waits this long before it elects its first coordinator; Pacemaker's default is 20 s.
  'dc-deadtime': '2s',
  // As the templates have it, and for every agent: Pacemaker otherwise takes a second longer at the loss of most nodes.
  'transition-delay': '20ms',
  // Pacemaker does one thing at a time when the load average is high, and all nodes share that of this machine.
  'load-threshold': '2000%',
  ...options.properties,
});

/** The CIB that each node finds on its disk when it boots for the first time. */
export const renderSeed = (version: CibVersion, options: LabOptions): string =>
  renderXml(
    element(
      'cib',
      {
        crm_feature_set: version.featureSet,
        'validate-with': version.schema,
        admin_epoch: 0,
        epoch: 1,
        num_updates: 0,
      },
      [
        element('configuration', {}, [
          element('crm_config', {}, [
            nvset('cluster_property_set', 'cib-bootstrap-options', properties(options)),
          ]),
          element('nodes'),
          element('resources'),
          element('constraints'),
          element('rsc_defaults', {}, [
            nvset('meta_attributes', 'rsc-options', { 'resource-stickiness': 1, 'migration-threshold': 10 }),
          ]),
        ]),
        element('status'),
      ],
    ),
  );

/** Resources and constraints as one change, so that the cluster never sees half of the definition. */
export const renderDefinition = (definition: Definition, words: RoleWords = 'promoted'): string => {
  const xml = renderXml(
    element('configuration', {}, [
      element('resources', {}, definition.resources),
      element('constraints', {}, definition.constraints),
    ]),
  );
  return words === 'promoted'
    ? xml
    : xml.replaceAll('role="Promoted"', 'role="Master"').replaceAll('role="Unpromoted"', 'role="Slave"');
};
