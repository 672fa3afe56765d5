import fc from 'fast-check';
import t from 'tap';
import { escapeXml, parseXml, withoutElements } from '../../../../lib/pacemaker/xml.ts';

t.test('any text survives escaping and parsing', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const parsed = parseXml(`<a><b x="${escapeXml(text)}"/></a>`);
      const storable = text.replace(/[\p{Cc}\uFFFE\uFFFF]/gu, (c) => ('\t\n\r'.includes(c) ? c : ''));
      return parsed.ok && parsed.root.children[0]?.attributes.get('x') === storable;
    }),
  );
});

t.test('parsing is total', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('<a>', '</a>', '<b/>', '<', '>', '"', "'", '<!--', '-->', 'x="1"', '&', ' ')),
      (parts) => typeof parseXml(parts.join('')).ok === 'boolean',
    ),
  );
});

t.test('more entities than the parser itself would allow', async (t) => {
  const parsed = parseXml(`<a>${'<b x="&quot;&lt;"/>'.repeat(2000)}</a>`);
  t.ok(parsed.ok && parsed.root.children.length === 2000);
});

t.test('elements are cut out whole', async (t) => {
  t.equal(withoutElements('<a><lrm/><b/><lrm x="/>"><c/></lrm></a>', ['lrm']), '<a><b/></a>');
  t.equal(withoutElements('<a><lrm_op/><!-- <lrm> --></a>', ['lrm']), '<a><lrm_op/></a>');
  t.equal(withoutElements('<a><lrm>', ['lrm']), '<a>');
});
