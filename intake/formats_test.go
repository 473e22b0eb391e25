package intake

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/marchday/marchday/truce"
)

func TestJSONLReadsOnPastABadLine(t *testing.T) {
	text := "\uFEFF" + `{"channel":"field","text":"one"}` + "\n\n" + `{"channel":"field","txt":"two"}` + "\n" + `{"channel":"field"}` + "\n" + `{"channel":"field","text":"x","text":"y"}` + "\r\n" + `{"channel":"field","text":"three"}`
	reports, errs := collect(JSONL(strings.NewReader(text), "r.jsonl"))
	if len(reports) != 2 || reports[1].Text != "three" {
		t.Errorf("%d reports", len(reports))
	}
	for i, want := range []string{"r.jsonl:3:txt", "r.jsonl:4:text", "r.jsonl:5:text"} {
		var bad *Reject
		if i >= len(errs) || !errors.As(errs[i], &bad) || bad.Err.Field != want || bad.Row == "" {
			t.Errorf("%s wanted: %v", want, errs)
		}
	}
	_, errs = collect(JSONL(endless{"x"}, "r.jsonl"))
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "over the limit of 1048576 bytes") {
		t.Errorf("a line without end: %v", errs)
	}
}

func TestAReportReadsBackAsItWasWritten(t *testing.T) {
	r, err := ReadReport([]byte(`{"channel":"dataset","claims":[{"event":"shelling","where":[{"point":{"lon":371611700,"lat":362012400}}]}]}`), "x.json")
	if err != nil || r.Claims[0].Where[0].Point.Lon != 371611700 {
		t.Fatalf("%v %+v", err, r)
	}
	_, err = ReadReport([]byte(`{"channel":"dataset","claims":[{"event":"shelling","where":[{"point":{"lon":37.1,"lat":36}}]}]}`), "x.json")
	if err == nil || !strings.Contains(err.Error(), "x.json:claims.0.where.0.point.lon") {
		t.Errorf("%v", err)
	}
}

const acledHeader = "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp\n"

// Rows in the layout, of an invented country.
func TestACLEDRows(t *testing.T) {
	text := acledHeader +
		"ALV1,14 September 2031,2031,1,Political violence,Explosions/Remote violence,Shelling/artillery/missile attack,River Brigade,,3,Civilians (Alvania),,7,37,Civilian targeting,999,Nowhere,Alvania,Karsa,,,Hasty,10.5,20.25,1,Hill Radio; Dorv Post,National,Invented words.,4,,1\n" +
		"ALV2,14 September 2031,2031,2,Political violence,Battles,Armed clash,River Brigade,,3,Hill Front,,2,23,,999,Nowhere,Alvania,Karsa,,,Karsa,10.5,20.25,3,Hill Radio,National,Invented words.,0,,1\n" +
		"ALV5,30 September 2031,2031,3,,Explosions/Remote violence,Suicide bomb,A,,,,,,,,,,Alvania,Karsa,,,Hasty,10.5,20.25,2,Hill Radio,,Invented.,1,,1\n" +
		"ALV6,30 September 2031,2031,1,,Strategic developments,Other,A,,,,,,,,,,Alvania,Karsa,,,Hasty,10.5,20.25,2,Hill Radio,,Invented.,0,,1\n" +
		"ALV3,14 September 2031,2031,9,,Battles,Armed clash,A,,,B,,,,,,,Alvania,Karsa,,,Karsa,10.5,20.25,3,Hill Radio,,Invented.,0,,1\n" +
		"ALV4,15 September 2031,2031,1,,Dancing,,A,,,B,,,,,,,Alvania,Karsa,,,Karsa,10.5,20.25,1,Hill Radio,,Invented.,0,,1\n"
	reports, errs := collect(ACLED(strings.NewReader(text), "a.csv", testZone))
	if len(reports) != 4 || len(errs) != 2 {
		t.Fatalf("%d reports, %v", len(reports), errs)
	}
	c := reports[0].Claims[0]
	if c.Event != "shelling" || c.Speaker("") != "acled" || c.LineageOf("") != "hill-radio-dorv-post" || len(c.Casualties) != 1 || c.Casualties[0].Qual != "reported" || c.Casualties[0].Low != 4 {
		t.Errorf("%+v", c)
	}
	if len(c.Targets) > 0 || len(c.Actors) != 2 {
		t.Error("the second actor is no victim by its column")
	}
	d := reports[1].Claims[0]
	if len(d.Casualties) > 0 || d.Where[0].Point != nil || d.Where[0].Name != "Karsa" || d.When.Precision != truce.ToWeeks || d.When.To-d.When.From != 7*truce.Day {
		t.Errorf("%+v", d)
	}
	m := reports[2].Claims[0]
	if m.When.From.String() != "2031-08-31T22:00:00Z" || m.When.To.String() != "2031-09-30T22:00:00Z" || m.Weapons[0].ID != "suicide_bomb" || m.Where[0].RadiusMetres != 20_000 {
		t.Errorf("a month: %+v", m)
	}
	if got := reports[3].Claims[0].Event; got != "speech" {
		t.Errorf("what is no violence became %s", got)
	}
	if !strings.Contains(errs[0].Error(), "a.csv:6:time_precision") || !strings.Contains(errs[1].Error(), "a.csv:7:event_type") {
		t.Errorf("%v", errs)
	}
	if reports[0].Marking != truce.Amber {
		t.Error("its rows may not be passed on")
	}
	_, errs = collect(ACLED(strings.NewReader("event_date\n"), "a.csv", testZone))
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "a.csv:1:event_id_cnty") {
		t.Errorf("%v", errs)
	}
}

func TestUCDPRows(t *testing.T) {
	text := "id,type_of_violence,side_a,side_b,number_of_sources,source_article,source_office,source_headline,where_prec,where_coordinates,adm_1,latitude,longitude,country,event_clarity,date_prec,date_start,date_end,deaths_a,deaths_b,deaths_civilians,deaths_unknown,best,high,low\n" +
		"1,3,Hill Front,Civilians,2,\"Dorv Post, 2031\",Dorv Post,Invented,1,Hasty,Karsa,10.5,20.25,Alvania,1,1,2031-09-14 00:00:00.000,2031-09-14 00:00:00.000,0,0,3,0,3,5,2\n" +
		"2,1,Government of Alvania,River Brigade,1,x,Hill Radio,Invented,4,Karsa province,Karsa,10.5,20.25,Alvania,2,4,2031-09-01,2031-09-30,9,9,0,0,18,20,18\n" +
		"3,1,A,B,1,x,y,z,1,p,q,10.5,20.25,Alvania,1,1,2031-09-01,2031-09-01,0,0,0,0,18,2,18\n"
	reports, errs := collect(UCDP(strings.NewReader(text), "u.csv", "31.0.9", testZone))
	if len(reports) != 2 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "u.csv:4:best") {
		t.Fatalf("%d reports, %v", len(reports), errs)
	}
	c := reports[0].Claims[0]
	if reports[0].External != "ucdp:1:31.0.9" || c.Event != "killing" || c.Casualties[0].Low != 2 || c.Casualties[0].High != 5 || !strings.Contains(c.Casualties[0].Text, "best 3") || !c.Casualties[1].Part || c.Where[0].Point == nil {
		t.Errorf("%+v", c)
	}
	d := reports[1].Claims[0]
	if d.Form != truce.Aggregate || d.Where[0].Point != nil || d.Where[0].Class != "adm1" || d.When.Precision != truce.ToMonth || !d.Reciprocal {
		t.Errorf("%+v", d)
	}
}

const testPage = `<!DOCTYPE html><html lang="en"><head><title>Shells fall on Hasty - Dorv Post</title><meta property="og:site_name" content="Dorv Post">
<meta property="article:published_time" content="2031-09-14T12:00:00Z"></head><body><nav><a href="/">Home</a> <a href="/w">Weather</a></nav>
<div class="gdpr banner">We use cookies.</div><article><h1>Shells fall on Hasty</h1>
<p>Mortar shells fell on the market of Hasty on Sunday, the mayor of the town said, and a civilian was killed while two more were hurt by the blasts.</p>
<p>The River Brigade, which holds the hills to the north of the town, denied that it had fired, and said that it keeps to the truce of last spring.</p>
<p>The mayor, who spoke by telephone, said that the shells had come from the direction of Pell, and that the market had been full of people at that hour.</p>
<p>Two families left the town in the evening, and the road to Lower Dorv was closed for some hours, as a teacher who lives beside it told this paper.</p>
</article><footer>All rights reserved. Advertise with us.</footer></body></html>`

func TestAPageGivesItsMainTextAndItsOriginalIsNamed(t *testing.T) {
	reports, err := Article([]byte(testPage), Paper{File: "p.html", URL: "https://dorv.example/1"})
	if err != nil || len(reports) != 1 {
		t.Fatalf("%v", err)
	}
	r := reports[0]
	if !strings.Contains(r.Text, "Mortar shells fell") || !strings.Contains(r.Text, "full of people") || strings.Contains(r.Text, "cookies") || strings.Contains(r.Text, "Advertise") || strings.Contains(r.Text, "Weather") {
		t.Errorf("text %q", r.Text)
	}
	if r.Publisher != "Dorv Post" || r.Lang != "en" || r.Date.String() != "2031-09-14T12:00:00Z" || !strings.Contains(r.Title, "Shells fall on Hasty") {
		t.Errorf("%q %q %s %q", r.Publisher, r.Lang, r.Date, r.Title)
	}
	if len(r.Exhibits) != 1 || r.Exhibits[0] != truce.DigestOf([]byte(testPage)) {
		t.Error("the original is not named")
	}
}

func TestPlainTextIsKeptWordForWord(t *testing.T) {
	words := strings.Repeat("Shells fell on the houses of Hasty. ", 5)
	reports, err := Article([]byte("A title\r\n\r\n"+words), Paper{File: "p.txt", Publisher: "Dorv Post"})
	if err != nil || reports[0].Text != "A title\n"+strings.TrimSpace(words) {
		t.Fatalf("%v %+v", err, reports)
	}
	long := strings.Repeat(words+"\n", 400)
	reports, err = Article([]byte(long), Paper{File: "p.txt"})
	if err != nil || len(reports) != 2 || reports[1].Part != 2 || reports[1].Of != 2 {
		t.Fatalf("%v, %d parts", err, len(reports))
	}
	if got := strings.Fields(reports[0].Text + " " + reports[1].Text); len(got) != len(strings.Fields(long)) {
		t.Errorf("%d words of %d", len(got), len(strings.Fields(long)))
	}
	for _, c := range []struct{ name, text, want string }{
		{"a wall", "<html><body><p>Please log in to read on.</p></body></html>", "no content"},
		{"nothing", "", "no content"},
		{"bytes of another encoding", "Shells \x81\x98 fell", ""},
	} {
		if _, err := Article([]byte(c.text), Paper{File: "p"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Article(make([]byte, MaxDocument+1), Paper{File: "p"}); err == nil || !strings.Contains(err.Error(), "over the limit") {
		t.Errorf("a document over the limit: %v", err)
	}
}

const testPolygons = `{"type":"FeatureCollection","name":"x","features":[
{"type":"Feature","properties":{"who":"river","day":"2031-09-14","n":1.5},"geometry":{"type":"Polygon","coordinates":[[[20.25,10.5],[20.5,10.5],[20.5,10.75],[20.25,10.5]]]}},
{"type":"Feature","properties":{"who":"hill"},"geometry":{"type":"Point","coordinates":[20.25,10.5]}},
{"type":"Feature","properties":{"who":"hill","day":"2031-09-14"},"geometry":{"type":"MultiPolygon","coordinates":[[[[1,1],[2,1],[2,2],[1,1]]],[[[3,3],[4,3],[4,4],[3,3]],[[3.2,3.1],[3.4,3.1],[3.4,3.2],[3.2,3.1]]]]}},
{"type":"Feature","properties":{"who":"hill","day":"2031-09-14"},"geometry":{"type":"Polygon","coordinates":[[[120.25,100.5],[20.5,10.5],[20.5,10.75],[20.25,10.5]]]}},
{"type":"Feature","properties":{"day":"2031-09-14"},"geometry":null}]}`

func TestPolygonsBecomeClaimsOfControl(t *testing.T) {
	h := Held{ActorProperty: "who", TimeProperty: "day", ClaimedBy: "watch", Zone: testZone}
	held, errs := collect(ControlGeoJSON(strings.NewReader(testPolygons), "c.geojson", h))
	if len(held) != 1 || len(errs) != 4 {
		t.Fatalf("%d claims, %v", len(held), errs)
	}
	c := held[0]
	if c.Actor != "river" || c.ClaimedBy != "watch" || c.When.From.String() != "2031-09-13T22:00:00Z" || c.When.To != 0 || len(c.Area.Polygons) != 1 || len(c.Area.Polygons[0]) != 3 || c.Area.Polygons[0][0] != (truce.Point{Lon: 202500000, Lat: 105000000}) {
		t.Errorf("%+v", c)
	}
	for i, want := range []string{"c.geojson:features.2.properties.day", "features.3.geometry.coordinates.1", "over 90 degrees", "features.5.properties.who"} {
		if !strings.Contains(errs[i].Error(), want) {
			t.Errorf("%q wanted: %v", want, errs[i])
		}
	}
	for name, text := range map[string]string{"no collection": "[]", "no features": `{"type":"x"}`, "another system": `{"crs":{},"features":[]}`, "cut short": testPolygons[:300]} {
		if _, errs := collect(ControlGeoJSON(strings.NewReader(text), "c.geojson", h)); len(errs) == 0 {
			t.Errorf("%s was read", name)
		}
	}
}

// kinds fails on an error of which a reader could be told nothing.
func kinds(t *testing.T, errs []error) {
	t.Helper()
	for _, err := range errs {
		if truce.KindOf(err) == "" {
			t.Errorf("an error without a kind: %v", err)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add(testPolygons)
	f.Add(acledHeader + "a,b\n")
	f.Add(`{"channel":"field","text":"one"}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, errs := collect(JSONL(strings.NewReader(text), "f"))
		kinds(t, errs)
		_, errs = collect(ACLED(strings.NewReader(text), "f", testZone))
		kinds(t, errs)
		_, errs = collect(UCDP(strings.NewReader(text), "f", "1", testZone))
		kinds(t, errs)
		_, errs = collect(ControlGeoJSON(strings.NewReader(text), "f", Held{ActorProperty: "who", ClaimedBy: "x"}))
		kinds(t, errs)
	})
}

func FuzzArticle(f *testing.F) {
	f.Add([]byte(testPage))
	f.Add([]byte(strings.Repeat("Shells fell on the houses of Hasty. ", 5)))
	f.Fuzz(func(t *testing.T, b []byte) {
		reports, err := Article(b, Paper{File: "f"})
		if err != nil {
			kinds(t, []error{err})
			return
		}
		for _, r := range reports {
			if len(r.Text) > maxArticlePart || !utf8.ValidString(r.Text) {
				t.Errorf("%d bytes of text", len(r.Text))
			}
		}
	})
}

func BenchmarkJSONL(b *testing.B) {
	line := `{"channel":"dataset","publisher":"watch","external":"A1","claims":[{"event":"shelling","stance":"alleged","actors":[{"id":"unknown","text":"River Brigade"}],"where":[{"name":"Hasty","point":{"lon":202500000,"lat":105000000},"radius_metres":1000}],"when":{"from":"2031-09-14T19:37:00Z","precision":"minute"},"casualties":[{"kind":"killed","low":10,"high":12,"qual":"range"}]}]}` + "\n"
	text := strings.Repeat(line, 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if reports, errs := collect(JSONL(strings.NewReader(text), "r")); len(reports) != 1000 || len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	header, rows, _ := strings.Cut(testTable, "\n")
	text := header + "\n" + strings.Repeat(rows, 500)
	m := testMapping()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if reports, errs := collect(CSV(strings.NewReader(text), "t", m)); len(reports) != 1000 || len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}

func FuzzPolygons(f *testing.F) {
	f.Add(testPolygons)
	f.Add(`{"type":"FeatureCollection","features":[{"geometry":{"type":"MultiPolygon","coordinates":[[[[1e999,0]]]]}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for c, err := range ControlGeoJSON(strings.NewReader(text), "f", Held{ActorProperty: "who", ClaimedBy: "x"}) {
			if err == nil && c.Validate() != nil {
				t.Errorf("%+v is handed on, and no statement can hold it", c)
			}
		}
	})
}
