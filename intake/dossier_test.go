package intake

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/marchday/marchday/truce"
)

const testFounding = `{"name":"founding","received":"2031-01-01T00:00:00Z","office":"centre","made_at":"2031-01-01T00:00:00Z","kind":"founding","body":{
 "mode":"demo","name":[{"lang":"en","text":"Centre"}],"regime":[{"lang":"en","text":"Truce"}],
 "offices":[{"id":"north","name":[{"lang":"en","text":"North"}],"role":"co-chair"},{"id":"centre","name":[{"lang":"en","text":"Centre"}],"role":"centre"}],
 "keys":[],"policy":{"text":""},"procedure":{"zone":{"name":"Z","rules":[{"offset_seconds":0}]},"cut_off":"18:00","clocks":[],"threshold":{"civilian_killed":0,"protected":false,"lineages":0},"coverage_floor":0},
 "method":{"release":"t","engines":[]}}}`

func testLine(name, received, kind, body string) string {
	return `{"name":"` + name + `","received":"` + received + `","office":"north","made_at":"2031-01-02T00:00:00Z","kind":"` + kind + `","body":` + body + "}\n"
}

const testReport = `{"channel":"field","claims":[{"event":"shelling","about":[]}]}`

func readAll(files map[string]string) ([]Line, error) {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	var all []Line
	for l, err := range Dossier(fsys) {
		if err != nil {
			return all, err
		}
		all = append(all, l)
	}
	return all, nil
}

func TestADossierIsReadInOrderOfReceipt(t *testing.T) {
	all, err := readAll(map[string]string{
		"founding.json": testFounding,
		"reports.jsonl": testLine("b", "2031-01-03T00:00:00Z", "report", testReport) + "\n" + testLine("a", "2031-01-02T00:00:00+03:00", "report", testReport),
		"regime.jsonl":  testLine("c", "2031-01-03T00:00:00Z", "actor", `{"id":"x","name":[{"lang":"en","text":"X"}],"sort":"label"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	if got := strings.Join(names, " "); got != "founding a c b" {
		t.Errorf("order %s", got)
	}
}

func TestADossierSaysWhereItIsWrong(t *testing.T) {
	good := testLine("a", "2031-01-02T00:00:00Z", "report", testReport)
	for _, c := range []struct{ name, file, line, place string }{
		{"an unknown field of a body", "reports.jsonl", testLine("b", "2031-01-03T00:00:00Z", "report", `{"chanel":"field"}`), "reports.jsonl:2:body.chanel"},
		{"an unknown field of a line", "reports.jsonl", `{"nam":"b"}`, "reports.jsonl:2:nam"},
		{"a field twice", "reports.jsonl", testLine("b", "2031-01-03T00:00:00Z", "report", `{"channel":"field","channel":"form"}`), "reports.jsonl:2:body.channel"},
		{"a name twice", "reports.jsonl", testLine("a", "2031-01-03T00:00:00Z", "report", testReport), "reports.jsonl:2:name"},
		{"a body that does not validate", "reports.jsonl", testLine("b", "2031-01-03T00:00:00Z", "report", `{"channel":"field","claims":[{"event":"juggling"}]}`), "reports.jsonl:2:body.claims.0.event"},
		{"a reference to nothing", "reports.jsonl", testLine("b", "2031-01-03T00:00:00Z", "same", `{"claims":["@a#0","@zz#0"],"why":"x"}`), "reports.jsonl:2:body.claims.1"},
		{"a reference to what is said later", "docket.jsonl", testLine("b", "2031-01-01T12:00:00Z", "case", `{"incident":"@a#0","trigger":"office"}`), "docket.jsonl:1:body.incident"},
		{"a reference that is none", "docket.jsonl", testLine("b", "2031-01-03T00:00:00Z", "case", `{"incident":"@case:a","trigger":"office"}`), "docket.jsonl:1:body.incident"},
		{"no receipt time", "reports.jsonl", strings.Replace(testLine("b", "", "report", testReport), `"received":"",`, "", 1), "reports.jsonl:2:received"},
		{"a time before the founding", "reports.jsonl", testLine("b", "2030-01-03T00:00:00Z", "report", testReport), "reports.jsonl:2:received"},
		{"an unknown kind", "reports.jsonl", testLine("b", "2031-01-03T00:00:00Z", "rumour", "{}"), "reports.jsonl:2:kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"founding.json": testFounding, "reports.jsonl": good}
			files[c.file] = strings.TrimPrefix(files[c.file]+c.line, "\n")
			_, err := readAll(files)
			var e *truce.Error
			if !errors.As(err, &e) || e.Field != c.place {
				t.Errorf("%s wanted: %v", c.place, err)
			}
		})
	}
	if _, err := readAll(map[string]string{"reports.jsonl": good}); err == nil || !strings.Contains(err.Error(), "founding") {
		t.Errorf("a folder without a founding: %v", err)
	}
}

func TestReferencesBecomeWhatTheyName(t *testing.T) {
	all, err := readAll(map[string]string{
		"founding.json": testFounding,
		"reports.jsonl": testLine("a", "2031-01-02T00:00:00Z", "report", testReport),
		"docket.jsonl": testLine("t", "2031-01-03T00:00:00Z", "talks-statement", `{"sort":"demand","by":"@@x","text":[{"lang":"en","text":"y"}],"when":{},"reports":["@a"],"incidents":["@a#0"],"cases":["@case:a#0"]}`) +
			testLine("u", "2031-01-03T00:00:01Z", "bulletin", `{"sort":"daily","day":"d","from":"2031-01-01T00:00:00Z","to":"2031-01-02T00:00:00Z","size":"@index:a","root":"@a","audience":"x","editions":[{"format":"json","lang":"en","digest":"@a","bytes":1}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var names Names
	id, docket := truce.DigestOf([]byte("a")), truce.DigestOf([]byte("case"))
	lookup := names.Lookup(func(c truce.ClaimRef) (truce.StatementID, error) {
		if c.String() != id.String()+"@0/shelling" {
			t.Errorf("asked for the case of %s", c)
		}
		return docket, nil
	})
	for _, l := range all[1:] {
		body, err := l.Resolve(lookup)
		if err != nil {
			t.Fatal(err)
		}
		switch b := body.(type) {
		case *truce.Report:
			names.Add("a", id, 41, b)
		case *truce.TalksStatement:
			if b.By != "@x" || b.Reports[0] != id || b.Cases[0] != docket || b.Incidents[0] != (truce.ClaimRef{Statement: id, Family: "shelling"}) {
				t.Errorf("%+v", b)
			}
		case *truce.Bulletin:
			if b.Size != 41 {
				t.Errorf("size %d", b.Size)
			}
		}
	}
	if _, err := names.Lookup(nil)("a#1"); truce.KindOf(err) != truce.Unknown {
		t.Errorf("a claim that is not there: %v", err)
	}
}

func FuzzDossierLine(f *testing.F) {
	f.Add(testLine("a", "2031-01-02T00:00:00Z", "report", testReport))
	f.Add(testLine("a", "2031-01-02T00:00:00Z", "same", `{"claims":["@founding#0","@index:founding"],"why":"@@"}`))
	f.Fuzz(func(t *testing.T, line string) {
		all, err := readAll(map[string]string{"founding.json": testFounding, "reports.jsonl": line})
		if err != nil && truce.KindOf(err) == "" {
			t.Errorf("an error without a kind: %v", err)
		}
		if err == nil && len(all) == 0 {
			t.Error("nothing, and no error")
		}
	})
}
