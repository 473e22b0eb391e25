package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/marchday/marchday/link"
)

// FuzzReports links any bytes as lines of reports, known fields or not: they are
// refused with the line, or every report has a line whose parts add up.
func FuzzReports(f *testing.F) {
	reports, err := synthesize("worst", 12, 1)
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeReports(reports, &b, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"report_id":"a","lon":36.7,"lat":91}`))
	f.Add([]byte("\xef\xbb\xbf{\"report_id\":\"a\",\"killed_low\":9,\"killed_high\":-1,\"time_from\":\"2016-05-04\",\"time_precision\":\"weekday\"}\n\n{\"report_id\":\"b\",\"cites\":[\"a\",\"b\"],\"odd\":1}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		run := &linkRun{linker: link.New(link.DefaultModel()), ids: map[string]int{}, keep: true}
		if _, err := readReports("fuzz", bytes.NewReader(in), true, func(_ int, rep *linkReport) error { return run.add(rep) }); err != nil {
			return
		}
		rowsOf(t, run)
		lines := map[string]bool{}
		if err := run.lines(false, func(l linkLine) error { lines[l.ReportID] = true; return nil }); err != nil {
			t.Fatal(err)
		}
		if len(lines) != len(run.reports) {
			t.Fatalf("%d reports, %d of them in the lines", len(run.reports), len(lines))
		}
	})
}

// FuzzRecords links any bytes as a table of records.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("id,name,born,zip,v\n1,Anna Berg,1949-05-04,1010,a\n2,Ana Berg,1949-04-05,1011,a\n3,NA,,,b\n"), "id:id,name:name,born:date,zip:number,v:truth")
	f.Add([]byte("\xef\xbb\xbfname\n\"a\nb\"\n"), "name:code")
	f.Fuzz(func(_ *testing.T, table []byte, fields string) {
		_ = linkFields(linkOptions{fields: fields, csv: len(table)%2 == 0}, "fuzz", bytes.NewReader(table), io.Discard, io.Discard)
	})
}
