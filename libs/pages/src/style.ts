/** The style of people's pages: served beside them, so that none needs an inline style. */
export const style = `
:root { color-scheme: light dark; --ink: #1d2733; --quiet: #55616d; --line: #6d7a86; --paper: #fff; --blue: #12608f; --on-blue: #fff; --red: #a3242c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e9ee; --quiet: #a5b1bc; --line: #8894a0; --paper: #151b21; --blue: #6cb8e6; --on-blue: #10202c; --red: #ff9a94; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header { padding: .8rem 1rem; background: #12344d; color: #fff; font-weight: 600; overflow-wrap: anywhere; }
main { max-width: 28rem; margin: 0 auto; padding: 1rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1rem 0 .5rem; }
a { color: var(--blue); }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input { width: 100%; padding: .6rem .7rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
button { width: 100%; margin-top: 1rem; padding: .7rem 1rem; font: inherit; font-weight: 600; color: var(--on-blue); background: var(--blue); border: 0; border-radius: 6px; cursor: pointer; }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
.hint { color: var(--quiet); margin: .25rem 0 0; font-size: .9rem; }
.error { color: var(--red); border-left: 4px solid var(--red); padding: .1rem 0 .1rem .75rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: .95rem/1.5 ui-monospace, monospace; }
`;
