package extract

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"os"
	"strconv"
	"testing"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// dossierEngine knows the founding case.
func dossierEngine(t testing.TB) *Engine {
	t.Helper()
	g, err := gazetteer.Load(gazetteer.World(), os.DirFS("../dossiers/syria-2016"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Gazetteer: g, Dictionaries: []fs.FS{os.DirFS("../dossiers/syria-2016/dict")}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// reportedIncident is what a report of the set is compared with.
type reportedIncident struct {
	governorate truce.PlaceID
	from, to    day
	low, high   int32
}

// TestArabicReports measures real reports, most of them Arabic, against the
// governorate, date and casualty range of their incident. It prints counts and
// report ids, never a text.
func TestArabicReports(t *testing.T) {
	const dir = "data/incident-linking-airwars/"
	reports, golds, incidents := shared(t, dir+"reports.jsonl"), shared(t, dir+"gold.csv"), shared(t, dir+"incidents.csv")
	e := dossierEngine(t)
	of := readIncidents(t, e, incidents)
	gold := map[string][]reportedIncident{}
	rows, err := csv.NewReader(bytes.NewReader(golds)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		gold[r[0]] = append(gold[r[0]], of[r[1]])
	}
	var n, claimed, placed, rightPlace, dated, rightDate, tolled, rightToll int
	for line := range bytes.Lines(reports) {
		var r struct {
			ID   string `json:"report_id"`
			Lang string
			Text string
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if r.Lang != "ar" || len(gold[r.ID]) == 0 {
			continue
		}
		n++
		claims := e.Claims(Doc{Text: r.Text, Lang: "ar"})
		if len(claims) > 0 {
			claimed++
		}
		p, d, k := compareReport(claims, gold[r.ID])
		count := func(x int, told, right *int) {
			if x >= 0 {
				*told++
			}
			if x > 0 {
				*right++
			}
		}
		count(p, &placed, &rightPlace)
		count(d, &dated, &rightDate)
		count(k, &tolled, &rightToll)
		if os.Getenv("SHOW") == "toll" && k == 0 {
			t.Log("toll does not overlap:", r.ID)
		}
	}
	t.Logf("%d Arabic reports, %d with claims", n, claimed)
	t.Logf("governorate: told by %d, right in %d (%.3f)", placed, rightPlace, float64(rightPlace)/float64(placed))
	t.Logf("date: told by %d, within two days in %d (%.3f)", dated, rightDate, float64(rightDate)/float64(max(dated, 1)))
	t.Logf("killed: told by %d, overlaps the incident's range in %d (%.3f)", tolled, rightToll, float64(rightToll)/float64(tolled))
}

// compareReport says for place, date and toll whether the report tells it (-1:
// no) and whether it agrees with any of its incidents.
func compareReport(claims []truce.Claim, gold []reportedIncident) (place, date, toll int) {
	place, date, toll = -1, -1, -1
	up := func(to *int, ok bool) {
		*to = max(*to, 0)
		if ok {
			*to = 1
		}
	}
	for _, c := range claims {
		for _, g := range gold {
			if len(c.Where) > 0 && c.Where[0].Score >= 800 && c.Where[0].Class != string(gazetteer.Country) {
				up(&place, c.Where[0].IsIn(g.governorate))
			}
			if c.When.From != 0 && c.When.Kind == "exact" {
				d := day(int64(c.When.From) / int64(truce.Day))
				up(&date, d >= g.from-2 && d <= g.to+2)
			}
			for _, k := range c.Casualties {
				if k.Kind == truce.Killed && !k.Part {
					up(&toll, (k.High == truce.Open || k.High >= g.low) && (k.Low == truce.Open || k.Low <= g.high))
				}
			}
		}
	}
	return place, date, toll
}

func readIncidents(t *testing.T, e *Engine, b []byte) map[string]reportedIncident {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := map[string]int{}
	for i, h := range rows[0] {
		col[h] = i
	}
	out := map[string]reportedIncident{}
	for _, r := range rows[1:] {
		num := func(name string) int32 {
			v, _ := strconv.Atoi(r[col[name]])
			return int32(v)
		}
		x := reportedIncident{from: parseDay(r[col["date"]]), to: parseDay(r[col["date_end"]]), low: num("civ_killed_low"), high: num("civ_killed_high") + num("mil_killed_high")}
		if x.to == noDay {
			x.to = x.from
		}
		if got := e.places.Find(gazetteer.Query{Text: r[col["governorate"]], Country: "SY", Class: gazetteer.Adm1}); len(got) > 0 {
			x.governorate = got[0].Place.ID
			if got[0].Place.Class != gazetteer.Adm1 {
				x.governorate = got[0].Adm[0]
			}
		}
		out[r[col["airwars_id"]]] = x
	}
	return out
}
