import fc from 'fast-check';
import t from 'tap';
import { parseXml, type XmlElement } from '../../../../lib/pacemaker/xml.ts';
import { sameXml, withAttributes, writeXml, xmlElement } from '../../../../lib/pacemaker/xml-writer.ts';

t.test('what is written is read again', async () => {
  const name = fc.constantFrom('cib', 'nvpair', 'rsc-order', 'a_b');
  const value = fc
    .string({ unit: 'grapheme' })
    .map((text) => text.trim())
    .filter((text) => !/[\p{Cc}\uFFFE\uFFFF]/u.test(text));
  const elementWith = (children: fc.Arbitrary<XmlElement[]>): fc.Arbitrary<XmlElement> =>
    fc
      .tuple(name, fc.dictionary(name, value), children)
      .map(([tag, attributes, inside]) => xmlElement(tag, attributes, inside));
  const leaf = elementWith(fc.constant([]));
  const element = elementWith(fc.array(elementWith(fc.array(leaf, { maxLength: 3 })), { maxLength: 3 }));
  fc.assert(
    fc.property(element, (made) => {
      const parsed = parseXml(writeXml(made));
      return parsed.ok && sameXml(parsed.root, made);
    }),
  );
});

t.test('the order of attributes means nothing, that of children does', async (t) => {
  const [a, b] = [xmlElement('a', { x: '1', y: '2' }), xmlElement('a', { y: '2', x: '1' })];
  t.ok(sameXml(a, b));
  t.notOk(sameXml(a, withAttributes(b, { x: '2' })));
  t.notOk(sameXml(a, withAttributes(b, { z: '' })));
  t.notOk(
    sameXml(xmlElement('p', {}, [a, xmlElement('b', {})]), xmlElement('p', {}, [xmlElement('b', {}), a])),
  );
  t.ok(sameXml(undefined, undefined));
  t.notOk(sameXml(a, undefined));
});
