import t from 'tap';
import { judgeKernel } from '../../../../../lib/lvs/ipvs/kernel.ts';

t.test('a scheduler is refused where its absence is a proof, and doubted elsewhere', async (t) => {
  t.same(judgeKernel('wrr', []), { refusal: undefined, doubts: [] });
  t.match(judgeKernel('wrong', ['ip_vs_wrong']), { refusal: /has no scheduler wrong/, doubts: [] });
  t.match(judgeKernel('rr', ['ip_vs', 'ip_vs_rr']), {
    refusal: undefined,
    doubts: [/no module ip_vs that/, /no module ip_vs_rr that/],
  });
  t.match(judgeKernel('bogus', ['ip_vs', 'ip_vs_bogus']), {
    refusal: /^virtual_service_options: there is no scheduler bogus; choose one of rr, wrr, /,
  });
  t.match(judgeKernel('new', ['ip_vs']), { refusal: undefined }, 'modprobe finds it');
  t.match(judgeKernel('rr', ['ipip']), { refusal: undefined, doubts: [/no module ipip that/] });
});
