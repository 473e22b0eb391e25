package web

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/marchday/marchday/link"
)

func catalogueTexts(t *testing.T) map[string]map[string]string {
	t.Helper()
	names, err := fs.Glob(files, "catalogue/*.json")
	if err != nil || len(names) < 2 {
		t.Fatalf("catalogue files %v: %v", names, err)
	}
	all := map[string]map[string]string{}
	for _, name := range names {
		texts, err := readTexts(files, name)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".json")] = texts
	}
	return all
}

func TestEveryLanguageSaysTheSame(t *testing.T) {
	all := catalogueTexts(t)
	for code, texts := range all {
		for _, problem := range compare(code, all["en"], texts) {
			t.Error(problem)
		}
	}
}

// compare lists what a language lacks or has too much of beside English.
func compare(code string, english, texts map[string]string) []string {
	var problems []string
	for _, key := range slices.Sorted(maps.Keys(english)) {
		text, known := texts[key]
		if !known {
			problems = append(problems, code+".json lacks "+key+": "+english[key])
			continue
		}
		want, err := parseMessage(english[key])
		if err != nil {
			problems = append(problems, "en.json: "+key+": "+err.Error())
			continue
		}
		have, err := parseMessage(text)
		if err != nil {
			problems = append(problems, code+".json: "+key+": "+err.Error())
			continue
		}
		if a, b := placeholders(want), placeholders(have); !maps.Equal(a, b) {
			problems = append(problems, code+".json: "+key+": placeholders differ from English")
		}
		problems = append(problems, missingForms(code, key, have)...)
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if _, known := english[key]; !known {
			problems = append(problems, code+".json has "+key+", which English lacks")
		}
	}
	return problems
}

func placeholders(m message) map[string]bool {
	found := map[string]bool{}
	for _, p := range m {
		if p.name != "" {
			found[p.name+" "+p.kind] = true
		}
		for _, inner := range p.choices {
			maps.Copy(found, placeholders(inner))
		}
	}
	return found
}

// missingForms asks the plural rules which forms a language uses for whole
// numbers, and reports those that a choice lacks.
func missingForms(code, key string, m message) []string {
	tongue, err := newTongue(code, nil)
	if err != nil {
		return []string{err.Error()}
	}
	needed := map[string]bool{"other": true}
	for n := range int64(1000) {
		needed[tongue.form(n)] = true
	}
	var problems []string
	for _, p := range m {
		for form := range needed {
			if p.kind == "plural" && p.choices[form] == nil {
				problems = append(problems, code+".json: "+key+": {"+p.name+"} lacks the form "+form)
			}
		}
		for _, inner := range p.choices {
			problems = append(problems, missingForms(code, key, inner)...)
		}
	}
	slices.Sort(problems)
	return problems
}

func TestCompareFindsFaults(t *testing.T) {
	english := map[string]string{"a": "{n, plural, one {# day} other {# days}}", "b": "by {who}"}
	for want, texts := range map[string]map[string]string{
		"ar.json lacks b":                      {"a": "{n, plural, zero {} one {} two {} few {} many {} other {}}"},
		"{n} lacks the form few":               {"a": "{n, plural, zero {} one {} two {} many {} other {}}", "b": "{who}"},
		"b: placeholders differ":               {"a": "{n, plural, zero {} one {} two {} few {} many {} other {}}", "b": "{whom}"},
		"ar.json has c, which English lacks":   {"a": "{n, plural, zero {} one {} two {} few {} many {} other {}}", "b": "{who}", "c": ""},
		"ar.json: b: a brace is not closed":    {"a": "{n, plural, zero {} one {} two {} few {} many {} other {}}", "b": "{who"},
		"ar.json: a: the choice of n has no o": {"a": "{n, plural, one {}}", "b": "{who}"},
	} {
		if got := strings.Join(compare("ar", english, texts), "\n"); !strings.Contains(got, want) || strings.Count(got, "\n") > 0 {
			t.Errorf("want only %q, have:\n%s", want, got)
		}
	}
}

// TestEveryKeyIsUsed looks for each key in the templates, the code and the
// islands. A key made at run time counts when its beginning stands there:
// print "verdict." .Kind uses every "verdict.…".
func TestEveryKeyIsUsed(t *testing.T) {
	var source strings.Builder
	for _, root := range []string{".", "../bulletin", "../cmd"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				if os.IsNotExist(err) {
					return nil
				}
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "testdata" || d.Name() == "catalogue") {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(name, "_test.go") && slices.Contains([]string{".go", ".html", ".ts"}, filepath.Ext(name)) {
				body, err := os.ReadFile(name)
				source.Write(body)
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text := source.String()
	for _, key := range slices.Sorted(maps.Keys(catalogueTexts(t)["en"])) {
		begin, _, _ := strings.Cut(key, ".")
		if !strings.Contains(text, `"`+key+`"`) && !strings.Contains(text, `"`+begin+`."`) {
			t.Errorf("%s is in the catalogue and used nowhere: remove it", key)
		}
	}
}

// TestEveryKeyNamedExists is the other direction: what a template or the code
// asks for is there.
func TestEveryKeyNamedExists(t *testing.T) {
	english := catalogueTexts(t)["en"]
	asked := regexp.MustCompile(`(?:\bTH? |\.TH?\()"([a-z_]+\.[a-z0-9_.]+)"`)
	for _, pattern := range []string{"*.go", "templates/*.html", "templates/*/*.html"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range asked.FindAllStringSubmatch(string(body), -1) {
				if _, known := english[m[1]]; !known && !strings.HasSuffix(m[1], ".") {
					t.Errorf("%s asks for %s, which the catalogue lacks", name, m[1])
				}
			}
		}
	}
}

// TestEveryLevelOfAComparisonHasWords holds the catalogue to the levels that the
// linking engine names in its reasons.
func TestEveryLevelOfAComparisonHasWords(t *testing.T) {
	for code, texts := range catalogueTexts(t) {
		for _, name := range link.Levels() {
			if texts[levelKey(name)] == "" {
				t.Errorf("%s.json lacks %s", code, levelKey(name))
			}
		}
		levels := 0
		for key := range texts {
			if strings.HasPrefix(key, "level.") {
				levels++
			}
		}
		if all := slices.Compact(slices.Sorted(slices.Values(link.Levels()))); levels != len(all) {
			t.Errorf("%s.json has words for %d levels, the engine names %d", code, levels, len(all))
		}
	}
}

// forbidden are words that take a side or claim too much, per language: labels
// for people and governments, and a finding that does not say whose it is.
func forbidden() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`(?i)terroris|\b(?:assad|syrian|government'?s?) regime\b|regime (?:forces|army|troops)|\bmilitia|\brebels?\b|\binsurgent|\bmartyr|\bliberat|\bthugs?\b|\bculprit|\bperpetrat|\bguilty|\bproven\b`),
		"ar": regexp.MustCompile(`إرهاب|قوات النظام|جيش النظام|ميليشي|متمرد|شهيد|شهداء|تحرير|شبيحة|مرتزقة|عصابات|الجاني|مذنب`),
	}
}

// unnamed is "confirmed" without by whom.
var unnamed = regexp.MustCompile(`(?i)\bconfirmed\b`)

func TestWordsTakeNoSide(t *testing.T) {
	for code, texts := range catalogueTexts(t) {
		words := forbidden()[code]
		if words == nil {
			t.Errorf("%s.json has no list of forbidden words: add one", code)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			text := texts[key]
			if found := words.FindString(text); found != "" {
				t.Errorf("%s.json: %s says %q, a word of one side: write a neutral one", code, key, found)
			}
			if code == "en" && unnamed.MatchString(text) && !strings.Contains(text, "jointly") && !strings.Contains(text, "by ") {
				t.Errorf("%s.json: %s says confirmed without by whom: %q", code, key, text)
			}
		}
	}
	for code, bad := range map[string]string{"en": "the Assad regime", "ar": "قوات النظام"} {
		if !forbidden()[code].MatchString(bad) {
			t.Errorf("the list of %s does not find %q", code, bad)
		}
	}
}

func TestMessages(t *testing.T) {
	c, err := Load(fstest.MapFS{
		"en.json": {Data: []byte(`{"plain":"a & b","who":"by {who}","n":"{n, plural, =0 {none} one {# day} other {# days}}","both":"{sex, select, f {her {n, plural, one {day} other {# days}}} other {their {n, plural, one {day} other {# days}}}}","missing.not_stated":"not stated","span.days":"{n} d","span.hours":"{n} h","span.minutes":"{n} min"}`)},
		"ar.json": {Data: []byte(`{"n":"{n, plural, zero {z} one {o} two {t} few {f#} many {m#} other {x#}}","who":"{who}"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct {
		lang, key string
		args      []any
		want      string
	}{
		{"en", "plain", nil, "a & b"},
		{"en", "who", []any{"who", "X"}, "by X"},
		{"en", "who", nil, "by {{who}}"},
		{"en", "nothing", nil, "{{nothing}}"},
		{"en", "n", []any{"n", 0}, "none"},
		{"en", "n", []any{"n", 1}, "1 day"},
		{"en", "n", []any{"n", uint64(12345)}, "12,345 days"},
		{"en", "both", []any{"sex", "f", "n", 2}, "her 2 days"},
		{"en", "both", []any{"sex", "?", "n", 1}, "their day"},
		{"ar", "n", []any{"n", 0}, "z"},
		{"ar", "n", []any{"n", 2}, "t"},
		{"ar", "n", []any{"n", 3}, "f3"},
		{"ar", "n", []any{"n", 11}, "m11"},
		{"ar", "n", []any{"n", 100}, "x100"},
		{"qps", "who", []any{"who", "X"}, "[by X~~~]"},
		{"xx", "plain", nil, "a & b"},
	} {
		if got := c.In(m.lang).T(m.key, m.args...); got != m.want {
			t.Errorf("%s %s %v: %q, want %q", m.lang, m.key, m.args, got, m.want)
		}
	}
	if got := c.In("en").TH("who", "who", `<b>"X"`); got != "by <bdi>&lt;b&gt;&#34;X&#34;</bdi>" {
		t.Errorf("TH: %s", got)
	}
	if got := c.In("en").TH("plain"); got != "a &amp; b" {
		t.Errorf("TH: %s", got)
	}
}

func TestLoadNamesTheFault(t *testing.T) {
	for want, en := range map[string]string{
		"stands twice":          `{"a":"x","a":"y"}`,
		"a brace closes":        `{"a":"x}"}`,
		"flat object":           `["a"]`,
		"has no other":          `{"a":"{n, plural, one {x}}"}`,
		"nested over":           `{"a":"{a, select, other {{b, select, other {{c, select, other {{d, select, other {{e, select, other {x}}}}}}}}}}"}`,
		"want {name}":           `{"a":"{n, number, x}"}`,
		"cannot unmarshal":      `{"a":1}`,
		"has no name":           `{"a":"{}"}`,
		"choice of n is not cl": `{"a":"{n, plural, other {x}"}`,
	} {
		if _, err := Load(fstest.MapFS{"en.json": {Data: []byte(en)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", en, err, want)
		}
	}
	if _, err := Load(fstest.MapFS{"ar.json": {Data: []byte(`{}`)}}); err == nil || !strings.Contains(err.Error(), "en.json") {
		t.Errorf("no English: %v", err)
	}
	if _, err := Load(fstest.MapFS{"zz.json": {Data: []byte(`{}`)}}); err == nil || !strings.Contains(err.Error(), "zz") {
		t.Errorf("no dates: %v", err)
	}
}

func FuzzMessage(f *testing.F) {
	for _, texts := range []string{"a {b} c", "{n, plural, one {#} other {{x}}}", "{s, select, a {b} other {}}", "{", "}", "{a,", "{a, plural,"} {
		f.Add(texts)
	}
	tongue, err := newTongue("en", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMessage(text)
		if err != nil {
			return
		}
		var b strings.Builder
		m.write(&b, tongue, map[string]any{"n": 3}, "", func(s string) string { return s })
		if !strings.ContainsAny(text, "{}") && b.String() != text {
			t.Errorf("%q became %q", text, b.String())
		}
	})
}

func TestWriting(t *testing.T) {
	c, err := Load(mustSub(t, "catalogue"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2016, 5, 5, 19, 30, 0, 0, time.FixedZone("EEST", 3*3600))
	for _, w := range []struct{ name, have, want string }{
		{"date", c.In("en").Date(at), "5\u00a0May 2016"},
		{"Arabic date", c.In("ar").Date(at), "5\u00a0أيار/مايو 2016"},
		{"no date", c.In("en").Date(time.Time{}), "not stated"},
		{"weekday", c.In("en").Weekday(at), "Thursday"},
		{"both zones", c.In("en").Clock(at), "19:30\u00a0EEST (16:30\u00a0UTC)"},
		{"UTC alone", c.In("en").Clock(at.UTC()), "19:30\u00a0EEST"[:0] + "16:30\u00a0UTC"},
		{"thousands", c.In("en").Number(-1234567), "\u22121,234,567"},
		{"small", c.In("en").Number(999), "999"},
		{"days and hours", c.In("en").Span(51*time.Hour + 59*time.Minute), "2 d 3 h"},
		{"a day and a minute skips the hours", c.In("en").Span(24*time.Hour + time.Minute), "1 d"},
		{"less than a minute", c.In("en").Span(time.Second), "0 min"},
		{"overdue by", c.In("en").Span(-90 * time.Minute), "1 h 30 min"},
		{"list", c.In("en").List([]string{"A", "B", "C"}), "A, B and C"},
		{"Arabic list", c.In("ar").List([]string{"أ", "ب"}), "أ وب"},
		{"one", c.In("en").List([]string{"A"}), "A"},
	} {
		if w.have != w.want {
			t.Errorf("%s: %q, want %q", w.name, w.have, w.want)
		}
	}
}

func mustSub(t *testing.T, name string) fs.FS {
	t.Helper()
	s, err := fs.Sub(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
