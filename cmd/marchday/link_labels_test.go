package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLabelsBindAndAnUnknownOneIsRefused links two reports of two places by a
// label, and parts two that the machine joins.
func TestLabelsBindAndAnUnknownOneIsRefused(t *testing.T) {
	const reports = `{"report_id":"a","source":"s1","type":"shelling","place":"Kerda","time_from":"2016-05-04","killed_low":7,"killed_high":7}
{"report_id":"b","source":"s2","type":"shelling","place":"Kerda","time_from":"2016-05-04","killed_low":7,"killed_high":7}
{"report_id":"c","source":"s3","type":"abduction","place":"Tolma","time_from":"2016-05-09"}
`
	run := func(labels string) (string, error) {
		file := filepath.Join(t.TempDir(), "labels.jsonl")
		if err := os.WriteFile(file, []byte(labels), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		m := linkOptions{in: "-", labels: file, csv: true, auto: noThreshold, review: noThreshold}
		err := runLink(m, nil, strings.NewReader(reports), &out, &errs)
		return out.String(), err
	}
	for _, c := range []struct{ name, labels, want string }{
		{"the machine alone", "", "a,i-a,0\nb,i-a,"},
		{"parted", `{"a":"a","b":"b","same":false}`, "b,i-b,"},
		{"joined", `{"a":"a","b":"c","same":true}`, "c,i-a,"},
	} {
		out, err := run(c.labels)
		if err != nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
	if _, err := run(`{"a":"a","b":"nobody","same":true}`); err == nil || !strings.Contains(err.Error(), "name two reports of the input") {
		t.Errorf("a label on an unknown report: %v", err)
	}
}

// TestEventsOfADatasetAreLinked takes the rows of a dataset in by its layout.
func TestEventsOfADatasetAreLinked(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	acled := write("acled.csv", "event_id_cnty,event_date,time_precision,disorder_type,event_type,sub_event_type,actor1,actor2,country,admin1,admin2,location,latitude,longitude,geo_precision,source,notes,fatalities\n"+
		"SYR1,04 May 2016,1,Political violence,Explosions/Remote violence,Shelling/artillery/missile attack,A,B,Syria,Homs,Homs,Kerda,34.73,36.71,1,S,shells hit the market,7\n"+
		"SYR2,04 May 2016,1,Political violence,Explosions/Remote violence,Shelling/artillery/missile attack,A,B,Syria,Homs,Homs,Kerda,34.73,36.71,1,T,artillery on the market,7\n")
	var out, errs bytes.Buffer
	o := linkOptions{in: "-", events: []string{"acled:" + acled}, csv: true, auto: noThreshold, review: noThreshold}
	if err := runLink(o, nil, strings.NewReader(""), &out, &errs); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 3 {
		t.Errorf("two rows give %d lines:\n%s", lines-1, out.String())
	}
	o.events = []string{"acled"}
	if err := runLink(o, nil, strings.NewReader(""), &out, &errs); err == nil || !strings.Contains(err.Error(), "acled:FILE") {
		t.Errorf("a source without a file: %v", err)
	}
}

func TestLinesThatExtractReadsAreLinked(t *testing.T) {
	in := keep(t, "reports.jsonl", `{"id":"a","text":"Shelling in Aleppo on 3 May 2016 killed 5."}
{"id":"b","text":"Five people were killed by shelling in Aleppo on 3 May 2016."}
`)
	out := mustRun(t, "link", "--in", in, "--csv", "--dossier", "syria-2016")
	if !strings.Contains(out, "\na,i-a,") || !strings.Contains(out, "\nb,i-a,") {
		t.Errorf("two accounts of one shelling are %q", out)
	}
}
