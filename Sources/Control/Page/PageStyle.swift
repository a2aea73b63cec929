// SPDX-License-Identifier: Apache-2.0

/// The look of the page: two schemes of colours, tables that scroll by themselves, nothing wider than the screen.
enum PageStyle {
    static let text = """
        :root{color-scheme:light dark;--bg:#f4f6f8;--card:#fff;--ink:#18212b;--dim:#55616e;--line:#d9dfe6;--soft:#eef1f4;
        --ok:#176f35;--warn:#8a5a00;--bad:#b3261e;--info:#0b5cad;--a:#0b6e8f;--b:#7a4fb5;--c:#b25a00;--d:#b3261e;--e:#3f7d20;--f:#7d6b00}
        @media(prefers-color-scheme:dark){:root{--bg:#0f1419;--card:#171e26;--ink:#e4e9ef;--dim:#9dabb9;--line:#2b3642;--soft:#1e2731;
        --ok:#56c271;--warn:#e0a93b;--bad:#ff8b80;--info:#6cb6ff;--a:#53c1de;--b:#c19af0;--c:#f0a35e;--d:#ff8b80;--e:#8fcf6b;--f:#d8c65a}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
        header,main,footer{max-width:1320px;margin:0 auto;padding:0 1.25rem}
        header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem 1rem;padding-top:1.1rem}
        h1{font-size:1.3rem;margin:0;letter-spacing:-.01em}
        h1 small{font-weight:400;color:var(--dim);font-size:1rem}
        h2{font-size:1.02rem;margin:0 0 .5rem}
        p{margin:.2rem 0}
        .dim,footer,caption .dim{color:var(--dim)}
        #said{flex:1;min-width:12rem;text-align:right;color:var(--dim);font-size:.9rem;min-height:1.4em}
        .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem;z-index:2}
        a{color:var(--info)}
        :focus-visible{outline:3px solid var(--info);outline-offset:2px;border-radius:3px}
        #lost{max-width:1320px;margin:.8rem auto 0;padding:0 1.25rem}
        #lost p{background:var(--bad);color:var(--card);padding:.7rem 1rem;border-radius:8px;font-weight:600;margin:0}
        #lost[hidden]{display:none}
        .stale #live{opacity:.55}
        .tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:1rem 0;padding:0}
        .tiles div,section,figure{background:var(--card);border:1px solid var(--line);border-radius:10px}
        .tiles div{padding:.65rem .9rem}
        dt{color:var(--dim);font-size:.85rem}
        dd{margin:0;font-size:1.4rem;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em;overflow-wrap:anywhere}
        dd small{font-size:.85rem;font-weight:400;color:var(--dim);letter-spacing:0}
        dd .state{font-size:1.05rem}
        .charts{display:grid;grid-template-columns:repeat(3,1fr);gap:.75rem}
        figure{margin:0;padding:.75rem .9rem .65rem;min-width:0}
        figcaption{font-weight:600;font-size:.95rem;display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 .5rem}
        figcaption span{font-weight:400;color:var(--dim);font-size:.82rem;white-space:nowrap}
        svg{display:block;width:100%;height:84px;margin:.4rem 0 .35rem;border-bottom:1px solid var(--line);
        background:linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat}
        polyline{fill:none;stroke-width:1.8;vector-effect:non-scaling-stroke;stroke-linejoin:round}
        .l0{stroke:var(--a)}.l1{stroke:var(--b)}.l2{stroke:var(--c)}.l3{stroke:var(--d)}.l4{stroke:var(--e)}.l5{stroke:var(--f)}
        .l1,.k1{stroke-dasharray:7 2}.l2{stroke-dasharray:3 2}
        .key{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:0;padding:0;font-size:.85rem;color:var(--dim)}
        .key b{color:var(--ink);font-variant-numeric:tabular-nums;font-weight:600}
        .key i{display:inline-block;width:.95em;height:3px;margin-right:.35em;vertical-align:middle;border-radius:2px}
        .k0{background:var(--a)}.k1{background:var(--b)}.k2{background:var(--c)}.k3{background:var(--d)}.k4{background:var(--e)}.k5{background:var(--f)}
        section{margin:.85rem 0;padding:.85rem .9rem}
        .roll{overflow-x:auto;margin:0 -.9rem;padding:0 .9rem}
        .roll+.roll{margin-top:1rem}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
        caption{text-align:left;font-weight:600;padding:.1rem 0 .35rem}
        caption .dim{font-weight:400}
        th,td{text-align:left;padding:.36rem .7rem .36rem 0;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
        th:last-child,td:last-child{padding-right:0}
        tbody tr:last-child>*{border-bottom:0}
        thead th{font-weight:500;color:var(--dim);font-size:.84rem}
        tbody th{font-weight:600}
        .n{text-align:right}
        .t{white-space:normal;overflow-wrap:anywhere;min-width:17rem}
        .z{color:var(--dim)}
        tr.sum>*{border-top:1px solid var(--line);background:var(--soft)}
        .state{font-weight:600;white-space:nowrap}
        .state::before{content:"";display:inline-block;width:.62em;height:.62em;border-radius:50%;margin-right:.42em;background:currentColor}
        .good{color:var(--ok)}.warn{color:var(--warn)}.bad{color:var(--bad)}.info{color:var(--info)}
        .warn::before{border-radius:1px}.bad::before{border-radius:0;transform:rotate(45deg)}
        .under{display:block;font-weight:400}
        #failures{max-height:28rem;overflow:auto}#failures tbody th{font-weight:400;color:var(--dim)}
        .counts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:0 1.6rem;margin:0}
        .counts div{display:flex;justify-content:space-between;gap:.6rem;border-bottom:1px solid var(--line);padding:.28rem 0}
        .counts dd{font-size:.92rem;font-weight:600}.counts .z{font-weight:400}
        summary{color:var(--dim);font-size:.88rem;padding:.45rem 0 .1rem;cursor:pointer}
        form{display:inline-flex;gap:.35rem;margin:0}
        button{font:inherit;font-size:.86rem;color:var(--ink);background:var(--soft);border:1px solid var(--line);border-radius:6px;
        padding:.14rem .6rem;min-height:1.9rem;cursor:pointer}
        button:hover{border-color:var(--info)}
        button:disabled{opacity:.5;cursor:wait}
        .act{padding-top:.2rem;padding-bottom:.2rem}
        footer{padding-top:.4rem;padding-bottom:2rem;font-size:.86rem}
        footer a{margin-right:.9rem}
        @media(min-width:1240px){.tiles{grid-template-columns:repeat(8,1fr)}.charts{grid-template-columns:repeat(5,1fr)}}
        @media(max-width:760px){.charts{grid-template-columns:1fr}svg{height:64px}.counts{grid-template-columns:1fr 1fr;gap:0 1rem}.w{display:none}header,main,footer,#lost{padding-left:.75rem;padding-right:.75rem}
        button{min-height:2.4rem;padding:.14rem .9rem}dd{font-size:1.25rem}.tiles{grid-template-columns:1fr 1fr;gap:.5rem}
        .tiles div{padding:.5rem .7rem}#said{text-align:left}.t{min-width:20rem}#failures .t{min-width:11rem}}
        @media(prefers-reduced-motion:no-preference){.tiles div,button{transition:border-color .2s}}
        """
}
