package intake

import (
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"

	"github.com/marchday/marchday/truce"
)

func collect[T any](seq iter.Seq2[T, error]) (all []T, errs []error) {
	for x, err := range seq {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, x)
	}
	return all, errs
}

const testTable = `Ref,Date,Time,Latitude,Longitude,Place,Type,Accused,Killed,Wounded,Source,Colour
A1,2031-09-14,21:37,10.5,20.25,Hasty,shelling,River Brigade,10-12,about 20,Hill Radio,red
A2,14.09.2031,,10.6,20.3,Pell,air strike,,dozens,,,blue
`

func testMapping() Mapping {
	return Mapping{
		Publisher: "watch", Zone: testZone, Box: &Box{West: 19e7, South: 9e7, East: 21e7, North: 12e7}, Radius: 1000,
		Columns: []Column{
			{"Ref", "id"}, {"Date", "date"}, {"Time", "time"}, {"Latitude", "lat"}, {"Longitude", "lon"}, {"Place", "place"}, {"Type", "event"},
			{"Accused", "actor"}, {"Killed", "killed"}, {"Wounded", "wounded"}, {"Source", "source"}, {"Colour", "ignore"},
		},
		Terms: []Word{{"River Brigade", "river"}},
	}
}

func TestATableBecomesReportsByItsMapping(t *testing.T) {
	reports, errs := collect(CSV(strings.NewReader(testTable), "t.csv", testMapping()))
	if len(errs) > 0 || len(reports) != 2 {
		t.Fatalf("%d reports, %v", len(reports), errs)
	}
	c := reports[0].Claims[0]
	if c.Event != "shelling" || c.When.From.String() != "2031-09-14T19:37:00Z" || c.When.Local != "2031-09-14T21:37" || c.Stance != truce.Alleged {
		t.Errorf("%+v", c)
	}
	if p := c.Where[0].Point; *p != (truce.Point{Lon: 202500000, Lat: 105000000}) || c.Where[0].RadiusMetres != 1000 {
		t.Errorf("point %v", *p)
	}
	if c.Actors[0].ID != "river" || c.Speaker("") != "unknown" || c.Lineage != "hill-radio" || c.Sources[0].Text != "Hill Radio" {
		t.Errorf("who: %+v %+v", c.Actors, c.Sources)
	}
	if k := c.Casualties; len(k) != 2 || k[0].Low != 10 || k[0].High != 12 || k[1].Qual != "about" {
		t.Errorf("casualties %+v", k)
	}
	if c := reports[1].Claims[0]; c.Event != "air_strike" || c.Speaker("") != "watch" || c.When.Precision != truce.ToDay || c.Casualties[0].Qual != "hedge" {
		t.Errorf("%+v", c)
	}
}

func TestATableIsReadInTheEncodingsThatOccur(t *testing.T) {
	russian := strings.Replace(testTable, "Hasty", "Хасти, посёлок", 1)
	russian = strings.Replace(russian, "Хасти, посёлок", `"Хасти, посёлок"`, 1)
	w1251, err := charmap.Windows1251.NewEncoder().String(russian)
	if err != nil {
		t.Fatal(err)
	}
	arabic := strings.Replace(testTable, "Hasty", "حلب الجديدة", 1)
	w1256, err := charmap.Windows1256.NewEncoder().String(arabic)
	if err != nil {
		t.Fatal(err)
	}
	u16, err := xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM).NewEncoder().String(testTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, text, place string }{
		{"a mark of UTF-8", "\uFEFF" + testTable, "Hasty"}, {"UTF-16", u16, "Hasty"}, {"Windows-1251", w1251, "Хасти, посёлок"}, {"Windows-1256", w1256, "حلب الجديدة"},
		{"semicolons", strings.ReplaceAll(testTable, ",", ";"), "Hasty"}, {"tabs", strings.ReplaceAll(testTable, ",", "\t"), "Hasty"}, {"carriage returns", strings.ReplaceAll(testTable, "\n", "\r\n"), "Hasty"},
		{"a row of tags", strings.Replace(testTable, "\nA1", "\n#meta+id,#date,,#geo+lat,#geo+lon,#loc,,,,,,\nA1", 1), "Hasty"},
		{"an apostrophe before a formula", strings.Replace(testTable, "Hasty", "'=1+1", 1), "=1+1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reports, errs := collect(CSV(strings.NewReader(c.text), "t.csv", testMapping()))
			if len(errs) > 0 || len(reports) != 2 {
				t.Fatalf("%d reports, %v", len(reports), errs)
			}
			if got := reports[0].Claims[0].Where[0].Name; got != c.place {
				t.Errorf("place %q", got)
			}
		})
	}
}

func TestABadRowSaysWhereAndTheNextOneIsRead(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"a date that may be two", "2031-09-14", "04/09/2031", "t.csv:2:Date"},
		{"a time that is none", "21:37", "noon", "t.csv:2:Time"},
		{"a point outside the box", "10.5,20.25", "50.5,20.25", "t.csv:2:Latitude"},
		{"axes that look swapped", "10.5,20.25", "20.25,10.5", "inside it when swapped"},
		{"half a point", "10.5,20.25", "10.5,", "t.csv:2:Latitude"},
		{"a word that is not in the taxonomy", "shelling", "fireworks", "t.csv:2:Type"},
		{"a figure that is none", "10-12", "quite a few", "t.csv:2:Killed"},
		{"too many cells", ",red", ",red,extra", "13 cells under 12 columns"},
		{"a stray quote", "Hasty", `Ha"sty`, "t.csv:2"},
		{"invalid UTF-8", "Hasty", "Ha\xffsty\xe2", "t.csv:2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := testMapping()
			m.Encoding = UTF8
			reports, errs := collect(CSV(strings.NewReader(strings.Replace(testTable, c.old, c.new, 1)), "t.csv", m))
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want) {
				t.Fatalf("%q wanted: %v", c.want, errs)
			}
			var bad *Reject
			if !errors.As(errs[0], &bad) || bad.Line != 2 || bad.Row == "" {
				t.Errorf("no row to give back: %+v", bad)
			}
			if len(reports) != 1 || reports[0].External != "A2" {
				t.Errorf("the next row was not read: %+v", reports)
			}
		})
	}
}

func TestATableThatDoesNotFitItsMappingIsRefusedWhole(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		change           func(*Mapping)
	}{
		{"an unknown column", strings.Replace(testTable, "Colour", "Mood", 1), "t.csv:1:Mood", nil},
		{"a column that is missing", strings.Replace(testTable, "Ref,", "", 1), "t.csv:1:Ref", nil},
		{"an empty file", "", "the file is empty", nil},
		{"no zone", testTable, "zone", func(m *Mapping) { m.Zone = truce.Zone{} }},
		{"no publisher", testTable, "publisher", func(m *Mapping) { m.Publisher = "" }},
		{"no date", testTable, "no column is mapped to date", func(m *Mapping) { m.Columns[1].Field = "ignore" }},
		{"a field twice", testTable, "mapped to date too", func(m *Mapping) { m.Columns[2].Field = "date" }},
		{"a field that is none", testTable, "is no field", func(m *Mapping) { m.Columns[2].Field = "mood" }},
		{"an encoding that is none", testTable, "encoding", func(m *Mapping) { m.Encoding = "klingon" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := testMapping()
			if c.change != nil {
				c.change(&m)
			}
			reports, errs := collect(CSV(strings.NewReader(c.text), "t.csv", m))
			if len(reports) > 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want) {
				t.Errorf("%q wanted: %v, %d reports", c.want, errs, len(reports))
			}
		})
	}
}

// endless gives the same bytes for ever.
type endless struct{ text string }

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.text)
	}
	return n, nil
}

func TestAnOpenQuoteDoesNotTakeTheWholeFile(t *testing.T) {
	header, _, _ := strings.Cut(testTable, "\n")
	in := io.MultiReader(strings.NewReader(header+"\n\"open"), endless{"x, y\n"})
	_, errs := collect(CSV(in, "t.csv", testMapping()))
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "over the limit") {
		t.Errorf("%v", errs)
	}
}

func TestAPreviewShowsWhatWasAssumedAndWhatMustBeAsked(t *testing.T) {
	text := "id;date;lat;lng;location;event type;fatalities\n1;04/09/2031;20.25;10.5;Hasty;shelling;3\n2;14/09/2031;20.3;10.6;Pell;fireworks;3\n"
	m := Mapping{Box: testMapping().Box}
	p, err := PreviewCSV(strings.NewReader(text), "t.csv", m)
	if err != nil {
		t.Fatal(err)
	}
	if p.Mapping.Delimiter != ";" || p.Mapping.Encoding != UTF8 || p.Mapping.fieldOf("lng") != "lon" || p.Mapping.fieldOf("fatalities") != "killed" || p.Mapping.fieldOf("event type") != "event" {
		t.Errorf("assumed %+v", p.Mapping)
	}
	all := strings.Join(p.Questions, "\n")
	for _, want := range []string{"Whose table", "which zone", "1 dates can be read", "Line 3 can only be dmy", "2 of 2 points lie outside the box and inside it when"} {
		if !strings.Contains(all, want) {
			t.Errorf("does not ask %q in\n%s", want, all)
		}
	}
	m = p.Mapping
	m.Publisher, m.Zone, m.DateOrder, m.Swapped = "watch", testZone, "dmy", true
	p, err = PreviewCSV(strings.NewReader(text), "t.csv", m)
	if err != nil || len(p.Questions) > 0 || len(p.Rows) != 2 {
		t.Fatalf("%v %q %d rows", err, p.Questions, len(p.Rows))
	}
	if p.Rows[0].Err != nil || *p.Rows[0].Report.Claims[0].Where[0].Point != (truce.Point{Lon: 202500000, Lat: 105000000}) {
		t.Errorf("row 1: %v %+v", p.Rows[0].Err, p.Rows[0].Report)
	}
	if p.Rows[1].Err == nil {
		t.Error("row 2 has no error")
	}
	for _, u := range p.Columns {
		if u.Column == "event type" && (u.Failed != 1 || u.Filled != 2 || u.Distinct != 2) {
			t.Errorf("column %+v", u)
		}
	}
}

func TestAMappingIsReadStrictlyAndNamedByItsDigest(t *testing.T) {
	text := `{"channel":"dataset","publisher":"watch","zone":{"name":"Z","rules":[{"offset_seconds":0}]},"columns":[{"column":"Date","field":"date"}]}`
	m, err := ReadMapping([]byte(text), "m.json")
	if err != nil || m.Digest != truce.DigestOf([]byte(text)) {
		t.Fatalf("%v", err)
	}
	reports, errs := collect(CSV(strings.NewReader("Date\n2031-09-14\n"), "t.csv", m))
	if len(errs) > 0 || reports[0].Mapping != m.Digest {
		t.Errorf("%v", errs)
	}
	if _, err := ReadMapping([]byte(strings.Replace(text, "publisher", "publishr", 1)), "m.json"); err == nil || !strings.Contains(err.Error(), "m.json:publishr") {
		t.Errorf("%v", err)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add(testTable)
	f.Add("Date\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		_, errs := collect(CSV(strings.NewReader(text), "t.csv", testMapping()))
		for _, err := range errs {
			if truce.KindOf(err) == "" {
				t.Errorf("an error without a kind: %v", err)
			}
		}
		if _, err := PreviewCSV(strings.NewReader(text), "t.csv", Mapping{}); err != nil && truce.KindOf(err) == "" {
			t.Errorf("an error without a kind: %v", err)
		}
	})
}
