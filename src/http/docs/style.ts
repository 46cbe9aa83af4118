/** The style of the pages under `/docs`: light and dark, from a phone to a wide screen. */
export const docsStyle = `
:root{color-scheme:light dark;--line:#d8dee6;--soft:#f3f6f9;--ink:#1b2430;--faint:#556274;--link:#0b5cad;--paper:#fff;--mark:#ffe58a;--note:#a8480f}
@media (prefers-color-scheme:dark){:root{--line:#303a47;--soft:#1b222b;--ink:#dfe6ee;--faint:#9aa8b9;--link:#6db3f2;--paper:#12171d;--mark:#6b5200;--note:#e79a63}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{scroll-padding-top:4.5rem}
body{margin:0;font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.bar{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1rem;padding:.6rem 1rem;background:var(--paper);border-bottom:1px solid var(--line)}
.brand{font-weight:600;color:inherit}.brand small{color:var(--faint);font-weight:400}
.links{display:flex;gap:1rem;margin-left:auto}
#search{display:flex;align-items:center;flex:1;max-width:36rem}
#search input{flex:1;min-width:0;font:inherit;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:.4rem;padding:.35rem .7rem}
#search output:not(:empty){padding-left:.75rem}#search output{color:var(--faint);font-size:.85rem;white-space:nowrap}
.page{display:grid;grid-template-columns:16rem minmax(0,1fr)}
nav{position:sticky;top:3.6rem;align-self:start;height:calc(100vh - 3.6rem);overflow:auto;padding:1rem;border-right:1px solid var(--line)}
nav .group{margin-bottom:1rem}
nav strong,nav a{display:block;padding:.1rem 0}nav strong{color:var(--faint);font-size:.8rem;text-transform:uppercase;letter-spacing:.04em}
.menu{position:absolute;opacity:0;pointer-events:none}label[for=menu]{display:none}
main{padding:1.25rem 2rem 6rem;max-width:64rem}main.wide{max-width:72rem;margin:auto}
h1{margin:0 0 .5rem;font-size:1.6rem}h2{margin:2.75rem 0 0;font-size:1.3rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
section{margin-top:1.75rem}
h3{margin:0;font-size:1.08rem}h3 a{color:inherit}h4{margin:1rem 0 .25rem;font-size:.9rem;color:var(--faint)}
p{margin:.4rem 0}.summary{color:var(--faint)}
.fields{margin:.6rem 0 0;border-top:1px solid var(--line)}
.field{display:grid;grid-template-columns:minmax(11rem,17rem) minmax(0,1fr);gap:.15rem 1rem;padding:.45rem 0;border-bottom:1px solid var(--line)}
.field:target,tr:target{background:var(--soft);box-shadow:-.5rem 0 var(--soft),.5rem 0 var(--soft)}
dt{overflow-wrap:anywhere}dt em,.shared em{color:var(--note);font-size:.8rem;font-style:normal}
dd{margin:0;min-width:0;overflow-wrap:anywhere}.type{display:block;color:var(--faint);font-size:.85rem}.type code{font-size:12px}
.inner{margin:.4rem 0 .2rem;padding-left:.8rem;border-top:0;border-left:2px solid var(--line)}.inner .field{padding:.25rem 0;border-bottom:0}
.choices,.shared{color:var(--faint);font-size:.9rem;line-height:1.9}
.narrow>:not(h3,.summary,.fields),.narrow>.fields:not(:has(>.field:not([hidden]))){display:none}
nav .compact a{display:inline-block;margin-right:.5rem}
table{border-collapse:collapse;width:100%;margin:.75rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--faint)}td:first-child{white-space:nowrap}
code,pre{font:13px/1.5 ui-monospace,monospace}code{background:var(--soft);padding:.05rem .25rem;border-radius:.2rem}
pre{background:var(--soft);border:1px solid var(--line);border-radius:.4rem;padding:.7rem;overflow:auto;margin:.5rem 0;max-height:32rem}
pre.shell{white-space:pre-wrap;overflow-wrap:anywhere}
#none{margin-top:2rem;color:var(--faint)}
::highlight(found){background-color:var(--mark)}
@media (max-width:56rem){
html{scroll-padding-top:6.5rem}
.page{display:block}
label[for=menu]{display:block;margin-left:auto;color:var(--link);cursor:pointer}.links{display:none}main.wide,.bar:not(:has(#menu)) .links{display:flex}main.wide{display:block}
.menu:focus-visible+label{outline:2px solid var(--link)}
#search{flex-basis:100%;order:1;max-width:none}
nav{display:none;position:static;height:auto;border-right:0;border-bottom:1px solid var(--line);columns:2}
nav .group{break-inside:avoid}
body:has(#menu:checked) nav{display:block}
nav a{padding:.3rem 0}
main{padding:1rem 1rem 4rem}
.field{grid-template-columns:minmax(0,1fr)}.field dt .type{display:inline;margin-left:.35rem}
thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}td{display:block;border:0;padding:.1rem 0}
}
@media print{.bar,nav{display:none}.page{display:block}pre{max-height:none}}
`;
