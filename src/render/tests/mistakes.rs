//! What a writer of templates is told before any run.

use super::*;

/// Code, place and message of each mistake in templates.
fn mistakes(files: &[(&str, &str)]) -> String {
    match Templates::parse(&texts(files)) {
        Ok(_) => "none".to_owned(),
        Err(report) => report
            .iter()
            .map(|it| {
                let place = it.place.to_string();
                let place = place
                    .strip_prefix("templates/")
                    .unwrap_or(&place)
                    .to_owned();
                format!(
                    "{} {place} {} | {}",
                    it.code,
                    it.message,
                    it.help.clone().unwrap_or_default()
                )
            })
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn html_mistakes(text: &str) -> String {
    mistakes(&[("invoice.html", text)])
}

#[test]
fn unknown_names_are_found_wherever_they_stand() {
    insta::assert_snapshot!(html_mistakes("{{ accout.name }}"), @r"BW-T101 invoice.html:1:4 unknown variable `accout` | did you mean `account`? variables there are account, invoice, lines, seller, taxes");
    insta::assert_snapshot!(html_mistakes("{% if false %}{% for line in lines %}\n{{ line.descripton }}{% endfor %}{% endif %}"), @r"BW-T101 invoice.html:2:9 unknown variable `descripton` | did you mean `description`? variables there are id, account_id, account_name, subscription_id, service_id, charge, kind, description, quantity, quantity_before, included, carried_in, carried_out, unit_price, amount, tax, model, bound, credits, adjusts, billed, tax_category, frequency, days, period_days, period, prorated, several, used, per, percent_off, tiers, rows");
    insta::assert_snapshot!(html_mistakes("{{ invoice.total|mony }}{{ debug() }}{{ now() }}{% if 1 is evn %}{% endif %}{{ invoice.number.upper() }}"), @r"
BW-T102 invoice.html:1:18 no such filter: `mony` | did you mean `money`?
BW-T102 invoice.html:1:28 no such function: `debug` | there are namespace, range
BW-T102 invoice.html:1:41 no such function: `now` | use `invoice.date`: a document depends on its invoice alone, not on the clock or on chance
BW-T102 invoice.html:1:60 no such test: `evn` | did you mean `even`?
BW-T102 invoice.html:1:95 `upper` cannot be called | values have no methods; use a filter: `{{ name|upper }}`
");
    insta::assert_snapshot!(html_mistakes("{% for line in lines %}{% endfor %}{{ line.amount }}"), @r"BW-T101 invoice.html:1:39 a variable that is not set here: `line.amount` | a variable set in a loop ends with it; `is defined` asks, `default` fills in");
    insta::assert_snapshot!(html_mistakes("{{ account }}{{ lines }}{{ invoice.number.digits }}"), @r"
BW-T107 invoice.html:1:4 `account` is a group of variables and cannot be printed | print one of id, name, address, postcode, city, region, country, language, tax_id, emails, auto_pay, payment_method, payment_terms, tax_exempt
BW-T107 invoice.html:1:17 `lines` is a list and cannot be printed | go through it: `{% for item in lines %}`
BW-T101 invoice.html:1:43 unknown variable `digits` | it is a single value with nothing inside
");
}

#[test]
fn what_cannot_be_read_is_named_at_its_beginning() {
    insta::assert_snapshot!(html_mistakes("{% if invoice.tax %}\n{% for line in lines %}{% endfor %}\n"), @r"BW-T100 invoice.html:1:1 `if` is never closed: unexpected end of input, expected end of block | `endif` is missing");
    insta::assert_snapshot!(html_mistakes("{{ invoice.tax"), @r"BW-T100 invoice.html:1:12 unexpected end of input, expected end of variable block | statements stand in `{% ... %}`, values in `{{ ... }}`, remarks in `{# ... #}`");
    insta::assert_snapshot!(html_mistakes("{% macro row(line) %}{% endmacro %}"), @r"BW-T105 invoice.html:1:4 `macro` is not offered in templates | there are for, if, include, set, with");
    insta::assert_snapshot!(html_mistakes("{% set x %}a{% endset %}{% filter upper %}a{% endfilter %}{% block b %}{% endblock %}"), @r"
BW-T105 invoice.html:1:1 `set ... endset` is not offered in templates | print the text where it belongs, or give `set` a value
BW-T105 invoice.html:1:25 `filter` is not offered in templates | put the filter behind each value: `{{ name|upper }}`
BW-T105 invoice.html:1:59 `block` is not offered in templates | put the shared part into a file and `include` it
");
}

/// P39: no files.
#[test]
fn templates_stay_in_their_folder_and_do_not_go_in_circles() {
    insta::assert_snapshot!(html_mistakes("{% include \"../../etc/passwd\" %}{% include account.name %}{% include \"foter.html\" %}"), @r#"
BW-T103 invoice.html:1:12 `../../etc/passwd` is outside of templates/ | templates stay in their folder; name a file in it: `{% include "footer.html" %}`
BW-T103 invoice.html:1:44 the name of an included template is computed | write it in quotes: `{% include "footer.html" %}`
BW-T104 invoice.html:1:70 no template `foter.html` in templates/ | there are invoice.html
"#);
    insta::assert_snapshot!(html_mistakes("{% include \"invoice.html\" %}"), @r"BW-T121 invoice.html:1:12 `invoice.html` includes itself | the chain is invoice.html -> invoice.html");
    insta::assert_snapshot!(mistakes(&[
        ("invoice.txt", "{% include \"a.txt\" %}"),
        ("a.txt", "{% include \"b.txt\" %}"),
        ("b.txt", "{% include \"a.txt\" %}"),
    ]), @r"BW-T121 b.txt:1:12 `a.txt` includes itself | the chain is a.txt -> b.txt -> a.txt");
}

/// P39: escaping is on.
#[test]
fn escaping_cannot_be_gone_round() {
    insta::assert_snapshot!(html_mistakes("{% autoescape false %}{% endautoescape %}{{ account.name|safe }}"), @r"
BW-T130 invoice.html:1:1 escaping cannot be switched on or off in a template | remove `autoescape`: everything is escaped but in files that end in .txt
BW-T130 invoice.html:1:58 escaping cannot be switched off in a template | remove `safe`: data is never markup
");
    insta::assert_snapshot!(html_mistakes("<a href={{ account.name }}><b {{ account.name }}>"), @r#"
BW-T132 invoice.html:1:9 data inside a tag, outside of quotes | put quotes round it: href="{{ ... }}"
BW-T132 invoice.html:1:31 data inside a tag, outside of quotes | put quotes round it: title="{{ ... }}"
"#);
    insta::assert_snapshot!(html_mistakes("<a href=\"{{ account.name }}\"><p onclick=\"x('{{ account.name }}')\"><script>{{ account.name }}</script>"), @r#"
BW-T133 invoice.html:1:10 the address in `href` begins with data, which may choose where it leads | write the beginning yourself, such as href="mailto:{{ ... }}", or print it as text
BW-T133 invoice.html:1:45 data in the attribute `onclick`, where escaping does not make it harmless | write the beginning yourself, such as href="mailto:{{ ... }}", or print it as text
BW-T133 invoice.html:1:75 data inside <script>, where escaping does not make it harmless | print it in the text of the document, or choose between fixed texts with `if`
"#);
    assert_eq!(
        html_mistakes(
            "<a href=\"mailto:{{ seller.email }}\" title='{{ account.name }}'>{{ account.name }}</a>"
        ),
        "none"
    );
}

/// P39: no network.
#[test]
fn nothing_is_fetched_when_a_document_is_opened() {
    insta::assert_snapshot!(html_mistakes("<img src=\"http://x/y.png\">\n<link rel=stylesheet href=//x/y.css><style>\n@import 'x'; p { background: url( \"http://x\") }</style>"), @r"
BW-T134 invoice.html:1:11 `src` of <img> is fetched when the document is opened | embed it as `data:...`; nothing is fetched when a document is opened
BW-T134 invoice.html:2:27 `href` of <link> is fetched when the document is opened | embed it as `data:...`; nothing is fetched when a document is opened
BW-T134 invoice.html:3:1 the style fetches something when the document is opened | embed it as `data:...`; nothing is fetched when a document is opened
BW-T134 invoice.html:3:30 the style fetches something when the document is opened | embed it as `data:...`; nothing is fetched when a document is opened
");
    assert_eq!(
        html_mistakes(
            "<a href=\"https://example.com/\">site</a><img src=\"data:image/png;base64,AA==\"><!-- <img src=x> -->"
        ),
        "none"
    );
}

/// P39: steps and output are bounded.
#[test]
fn a_template_cannot_eat_the_machine() {
    let loops = "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}";
    let doubling = "{% set ns = namespace(s='x'*1000000) %}{% for i in range(11) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}";
    let output = "{% set s = 'x'*100000000 %}{% for i in range(20) %}{{ s }}{% endfor %}";
    let printing = "{% for i in range(100000) %}{{ '---------------------------------------------------' * 20 }}{% endfor %}";
    let indent = "{{ ('a\\n'*1000000)|indent(1000)|length }}";
    let chain =
        "{% set a = 'x' * 2000000 %}{% set b = a ~ a %}{% set c = b ~ b %}{% set d = c ~ c %}";
    let list = "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}";
    insta::assert_snapshot!([loops, doubling, output, printing, indent, chain, list].map(html_mistakes).join("\n"), @r#"
BW-T120 invoice.html the template takes more than 1000000 steps | go through `lines` once and avoid loops inside loops; nobody reads so long a document
BW-T122 invoice.html:1:74 `ns.s` grows each time it is set | a template has 256 MiB and may not make a text out of itself; print the parts one by one, or use `join`
BW-T123 invoice.html:1:12 a text of up to 100000000 bytes is built, and a document has at most 10 MiB | make it shorter; a text can be repeated only by a written number: `"-" * 40`
BW-T123 invoice.html the document is larger than 10 MiB | print less: a document has at most 10 MiB
BW-T122 invoice.html:1:20 the template builds too large a text: a filter may build 64 KiB of text | a document may take 256 MiB of memory; print the parts one by one
BW-T123 invoice.html:1:77 a text of up to 16000000 bytes is built, and a document has at most 10 MiB | make it shorter; a text can be repeated only by a written number: `"-" * 40`
BW-T122 invoice.html:1:66 `ns.l` grows each time it is set | a template has 256 MiB and may not make a text out of itself; print the parts one by one, or use `join`
"#);
}

#[test]
fn counting_and_joining_are_not_growth() {
    let text = "{% set ns = namespace(count=0, last='') %}{% for line in lines %}{% set ns.count = ns.count + loop.index %}\
                {% set ns.last = line.description ~ '!' %}{% endfor %}{{ ns.count }}{{ ns.last }} {{ '-' * 3 }} {{ ['a', 'b']|join(', ') }} {{ invoice.total }}";
    let templates = Templates::parse(&texts(&[("invoice.txt", text)]))
        .unwrap_or_else(|it| panic!("{}", it.text(false)));
    let text = document(&templates, &Sample::invoice().batch(), 0, Format::Text)
        .unwrap_or_else(|it| panic!("{}", it.text(false)))
        .text;
    assert_eq!(text, "21Installation! --- a, b 1215.25");
}
