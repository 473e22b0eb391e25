package gazetteer

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/marchday/marchday/truce"
)

// invented is a country of two provinces, each known by a code of ISO 3166 with
// a coarse outline and by a p-code with a fine one, beside a neighbour.
const inventedUnits = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"iso":"XV","kind":"country","names":{"en":"Vardania"}},"geometry":{"type":"Polygon","coordinates":[[[20,10],[22,10],[22,11],[20,11],[20,10]]]}},
{"type":"Feature","properties":{"iso":"XV-RV","kind":"unit","names":{"en":"Red Valley","ar":"الوادي الأحمر"}},"geometry":{"type":"Polygon","coordinates":[[[20,10],[21,10],[21,11],[20,11],[20,10]]]}},
{"type":"Feature","properties":{"iso":"XV-HI","kind":"unit","names":{"en":"Hills"}},"geometry":{"type":"Polygon","coordinates":[[[21,10],[22,10],[22,11],[21,11],[21,10]]]}},
{"type":"Feature","properties":{"iso":"XW-NO","kind":"unit","names":{"en":"Northmark"}},"geometry":{"type":"Polygon","coordinates":[[[20,11],[22,11],[22,12],[20,12],[20,11]]]}}]}`

const inventedCodes = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"ADM1_EN":"Red Valley","ADM1_AR":"الوادي الأحمر","ADM1_PCODE":"XV01","ADM0_EN":"Vardania","ADM0_PCODE":"XV","label_lon":20.5,"label_lat":10.5},"geometry":{"type":"Polygon","coordinates":[[[20,10],[21,10],[21,10.995],[20,10.995],[20,10]]]}},
{"type":"Feature","properties":{"ADM2_EN":"Tolma","ADM2_PCODE":"XV0101","ADM1_EN":"Red Valley","ADM1_PCODE":"XV01","ADM0_PCODE":"XV","label_lon":20.3,"label_lat":10.5},"geometry":{"type":"Polygon","coordinates":[[[20,10.2],[20.6,10.2],[20.6,10.995],[20,10.995],[20,10.2]]]}},
{"type":"Feature","properties":{"ADM1_EN":"Hills","ADM1_PCODE":"XV02","ADM0_EN":"Vardania","ADM0_PCODE":"XV","label_lon":21.5,"label_lat":10.5},"geometry":{"type":"Polygon","coordinates":[[[21,10],[22,10],[22,10.995],[21,10.995],[21,10]]]}}]}`

const inventedPlaces = "id,class,name,name_ar,lon,lat,country,population\n1,city,Tolma,تولما,20.25,10.5,XV,90000\n2,,Deir Brisk,دير بريسك,20.4,11.004,XV,4000\n3,,Salah Ad-Deen,,21.5,10.5,XV,900\n4,,Kafr Tolma,كفر تولما,21.2,10.2,XV,800\n5,,Tulmah,,21.7,10.7,XV,\n"

func invented(t testing.TB, units ...string) *Gazetteer {
	t.Helper()
	var bounds []Boundary
	for _, u := range units {
		b, notes, err := ReadBoundaries(strings.NewReader(u))
		if err != nil || len(notes) > 0 {
			t.Fatal(err, notes)
		}
		bounds = append(bounds, b...)
	}
	places, bad, err := ReadTable(strings.NewReader(inventedPlaces), "own:list")
	if err != nil || len(bad) > 0 {
		t.Fatal(err, bad)
	}
	return New(places, bounds, nil)
}

func first(t *testing.T, g *Gazetteer, q Query) Candidate {
	t.Helper()
	got := g.Find(q)
	if len(got) == 0 {
		t.Fatalf("%q: no answer", q.Text)
	}
	return got[0]
}

func TestNamesMeetAcrossSpellingsAndScripts(t *testing.T) {
	g := invented(t, inventedUnits, inventedCodes)
	for text, want := range map[string]truce.PlaceID{
		"Tolma": "own:list:1", "TOLMA": "own:list:1", "Tolmah": "own:list:1", "تولما": "own:list:1", "تُولْمَا": "own:list:1", "Тольма": "own:list:1",
		"Salaheldeen": "own:list:3", "Salah al-Din": "own:list:3", "Kafr Tolma": "own:list:4", "Kafartolma": "own:list:4",
		"Red Valley": "XV01", "الوادي الأحمر": "XV01", "Red Valley: Tolma": "own:list:1", "Tolma (Red Valley)": "own:list:1", "Tolma in Red Valley": "own:list:1",
	} {
		if got := first(t, g, Query{Text: text, Country: "XV"}); got.Place.ID != want {
			t.Errorf("%q is %s, wanted %s", text, got.Place.ID, want)
		}
	}
	for _, text := range []string{"", "Zzyzx", strings.Repeat("long ", 100), "\xff\xfe"} {
		if got := g.Find(Query{Text: text, Country: "XV"}); len(got) > 0 {
			t.Errorf("%q is %s: it should have abstained", text, got[0].Place.ID)
		}
	}
	if got := first(t, g, Query{Text: "Red Valley: Nowhere", Country: "XV"}); got.Match != MatchParent || got.Place.ID != "XV01" {
		t.Errorf("an unknown village of Red Valley is %s by %s, wanted the province as parent", got.Place.ID, got.Match)
	}
}

func TestAQualifierTellsNamesakesApart(t *testing.T) {
	places, _, err := ReadTable(strings.NewReader("id,name,lon,lat,country\ne,East Brisk,20.1,10.1,XV\nw,West Brisk,21.9,10.9,XV\n"), "own")
	if err != nil {
		t.Fatal(err)
	}
	g := New(places, nil, nil)
	for text, want := range map[string]truce.PlaceID{"Brisk al-Sharqiyeh": "own:e", "Gharbi Brisk": "own:w"} {
		if got := first(t, g, Query{Text: text}); got.Place.ID != want {
			t.Errorf("%q is %s, wanted %s", text, got.Place.ID, want)
		}
	}
}

func TestImportedCodesAnswerAndTheCoarseUnitStillHolds(t *testing.T) {
	g := invented(t, inventedUnits, inventedCodes)
	got := first(t, g, Query{Text: "Tolma", Country: "XV"})
	if got.Adm != [3]truce.PlaceID{"XV01", "XV0101", ""} {
		t.Errorf("Tolma lies in %v, wanted the p-codes XV01 and XV0101", got.Adm)
	}
	where := g.Fill(truce.Where{Place: "own:list:1"})
	if want := []truce.PlaceID{"XV0101", "XV01", "XV-RV", "XV"}; !slices.Equal(where.Within, want) {
		t.Errorf("Tolma lies within %v, wanted %v", where.Within, want)
	}
	if unit := g.Fill(truce.Where{Place: "XV0101"}); !unit.IsIn("XV-RV") {
		t.Errorf("a district lies within %v: wanted the province of the coarse set too", unit.Within)
	}
	plain := invented(t, inventedUnits)
	if got := first(t, plain, Query{Text: "Tolma", Country: "XV"}); got.Adm[0] != "XV-RV" {
		t.Errorf("without p-codes Tolma lies in %v", got.Adm)
	}
}

func TestATownAtACoarseBorderStaysInItsCountry(t *testing.T) {
	g := invented(t, inventedUnits, inventedCodes)
	if got := first(t, g, Query{Text: "Deir Brisk", Country: "XV"}); got.Adm[0] != "XV01" {
		t.Errorf("Deir Brisk, 1 km over a coarse line, lies in %v", got.Adm)
	}
	if in := g.DistrictAt(truce.Point{Lon: 204_000_000, Lat: 110_040_000}); len(in) == 0 || in[0] != "XW-NO" {
		t.Errorf("a bare point there lies in %v: without a country the outline decides", in)
	}
}

func TestABorderPointGoesToTheLowerCodeAndANearOneIsSnapped(t *testing.T) {
	g := invented(t, inventedCodes)
	if in := g.DistrictAt(truce.Point{Lon: 210_000_000, Lat: 105_000_000}); len(in) == 0 || in[0] != "XV01" {
		t.Errorf("a point on the line between XV01 and XV02 lies in %v", in)
	}
	if in := g.DistrictAt(truce.Point{Lon: 215_000_000, Lat: 109_980_000}); len(in) == 0 || in[0] != "XV02" {
		t.Errorf("a point 330 m outside lies in %v", in)
	}
	if in := g.DistrictAt(truce.Point{Lon: 215_000_000, Lat: 111_000_000}); len(in) != 0 {
		t.Errorf("a point 12 km outside lies in %v", in)
	}
}

func TestAnOverrideWinsOverEveryRule(t *testing.T) {
	places, _, err := ReadTable(strings.NewReader(inventedPlaces), "own:list")
	if err != nil {
		t.Fatal(err)
	}
	g := New(places, nil, map[string]Override{"Tolma": {Place: "own:list:5"}, "the Old Mill": {Place: "gone:1|own:list:4"}})
	if got := first(t, g, Query{Text: "tolma"}); got.Place.ID != "own:list:5" || got.Match != MatchOverride {
		t.Errorf("tolma is %s by %s", got.Place.ID, got.Match)
	}
	if got := first(t, g, Query{Text: "The old mill"}); got.Place.ID != "own:list:4" {
		t.Errorf("the first code of a list that is held: got %s", got.Place.ID)
	}
	units, _, err := ReadBoundaries(strings.NewReader(inventedCodes))
	if err != nil {
		t.Fatal(err)
	}
	seat := New(places, units, map[string]Override{"Tolma": {"own:list:5", "gone:1|XV01"}})
	for _, c := range []struct {
		q    Query
		want truce.PlaceID
	}{
		{Query{Text: "Tolma"}, "own:list:5"}, {Query{Text: "Tolma", Class: Adm1}, "XV01"}, {Query{Text: "Tolma Governorate"}, "XV01"},
		{Query{Text: "Tolma countryside"}, "XV01"}, {Query{Text: "Nowhere at all (Tolma)"}, "XV01"},
	} {
		if got := first(t, seat, c.q); got.Place.ID != c.want {
			t.Errorf("%q of class %q is %s, want %s", c.q.Text, c.q.Class, got.Place.ID, c.want)
		}
	}
}

const dump = "1\tTolma\tTolma\tTulma,تولما,tlmا\t10.5\t20.25\tP\tPPLA\tXV\t\t01\t\t\t\t90000\t\t100\tEtc/UTC\t2031-01-01\n" +
	"2\tOld Mill\tOld Mill\t\t10.6\t20.3\tS\tMLN\tXV\t\t01\t\t\t\t0\t\t100\tEtc/UTC\t2031-01-01\n" +
	"3\tTolma Hospital\tTolma Hospital\t\t10.51\t20.26\tS\tHSP\tXV\t\t01\t\t\t\t0\t\t100\tEtc/UTC\t2031-01-01\n" +
	"4\tNorthmark\tNorthmark\t\t11.5\t20.3\tP\tPPL\tXW\t\t01\t\t\t\t500\t\t100\tEtc/UTC\t2031-01-01\n" +
	"5\tBad\tBad\t\tx\t20.3\tP\tPPL\tXV\t\t01\t\t\t\t500\t\t100\tEtc/UTC\t2031-01-01\n6\tshort\n"

func TestAGeoNamesDumpIsReadAndItsFaultsNamed(t *testing.T) {
	places, bad, err := ReadGeoNames(strings.NewReader(dump), "XV")
	if err != nil {
		t.Fatal(err)
	}
	if len(places) != 2 || places[0].ID != "gn:1" || places[0].Name("ar") != "تولما" || places[1].Class != Facility {
		t.Errorf("%+v: wanted the town and the hospital", places)
	}
	if slices.ContainsFunc(places[0].Names, func(n Name) bool { return n.Lang != "" && n.Text == "tlmا" }) {
		t.Error("a hybrid of two scripts would be shown")
	}
	if len(bad) != 2 || bad[0].Line != 5 || bad[1].Line != 6 {
		t.Errorf("rejects: %v, wanted lines 5 and 6", bad)
	}
}

func TestBoundariesAndPlacesSurviveWritingAndReading(t *testing.T) {
	units, _, err := ReadBoundaries(strings.NewReader(inventedCodes))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteBoundaries(&b, units); err != nil {
		t.Fatal(err)
	}
	again, notes, err := ReadBoundaries(&b)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	places, _, err := ReadTable(strings.NewReader("id,name,name_ar,lon,lat,country\n1,\"Two\nlines | and a bar\",تولما,20.25,10.5,XV\n"), "own")
	if err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := WritePlaces(&b, places); err != nil {
		t.Fatal(err)
	}
	back, err := ReadPlaces(&b)
	if err != nil || len(back) != 1 {
		t.Fatal(back, err)
	}
	if New(places, units, nil).Digest() != New(back, again, nil).Digest() {
		t.Error("another digest after writing and reading")
	}
}

func TestUnitsComeFromACSVWithoutOutlinesToo(t *testing.T) {
	units, notes, err := ReadBoundaryTable(strings.NewReader("ADM2_EN,ADM2_AR,ADM2_PCODE,ADM1_PCODE,ADM0_PCODE,lon,lat\n#adm2+name,,#adm2+code,,,,\nTolma,تولما,XV0101,XV01,XV,20.3,10.5\nتولما,Stray,XW0102,XV01,XV,,\n,,,,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(units) != 2 || units[0].Class != Adm2 || units[0].Parent != "XV01" || units[1].Name("en") != "Stray" {
		t.Errorf("%+v", units)
	}
	all := strings.Join(notes, "; ")
	for _, want := range []string{"line 5 left out", "1 units had English and Arabic swapped", "XW0102 does not begin with"} {
		if !strings.Contains(all, want) {
			t.Errorf("notes %q do not say %q", all, want)
		}
	}
}

// FuzzFind asks for any name: no panic, at most three answers, each within its
// bounds, and the same twice.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"Tolma", "تولما", "Red Valley: Tolma (x) - y, z", "\xff", "كفر", "Khol'ma", "(", "\"", ": :", "a b c d e f g h i j k l", "Þing"} {
		f.Add(s)
	}
	g := invented(f, inventedUnits, inventedCodes)
	f.Fuzz(func(t *testing.T, s string) {
		got := g.Find(Query{Text: s, Country: "XV"})
		if len(got) > 3 {
			t.Fatalf("%d answers", len(got))
		}
		for i, c := range g.Find(Query{Text: s, Country: "XV"}) {
			if c.Score < 0 || c.Score > 1000 || c.Place.ID != got[i].Place.ID || c.Score != got[i].Score {
				t.Fatalf("%q: answer %d is %s %d, was %s %d", s, i, c.Place.ID, c.Score, got[i].Place.ID, got[i].Score)
			}
		}
		if Fold(Fold(s)) != Fold(s) {
			t.Fatalf("folding %q twice gives %q", s, Fold(Fold(s)))
		}
	})
}

// FuzzImport reads anything as every kind of file: no panic, and what is read
// can be written and read again.
func FuzzImport(f *testing.F) {
	for _, s := range []string{dump, inventedPlaces, inventedUnits, inventedCodes, "id\tclass\nx\tcity\n", "form\tplace\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _, _ = ReadBoundaryTable(strings.NewReader(s))
		_, _ = ReadPlaces(strings.NewReader(s))
		if units, _, err := ReadBoundaries(strings.NewReader(s)); err == nil {
			New(nil, units, nil)
		}
		a, _, errA := ReadGeoNames(strings.NewReader(s), "")
		b, _, errB := ReadTable(strings.NewReader(s), "own")
		for _, places := range [][]Place{a, b} {
			if errA != nil || errB != nil || len(places) == 0 {
				continue
			}
			var w bytes.Buffer
			if err := WritePlaces(&w, places); err != nil {
				t.Fatal(err)
			}
			if back, err := ReadPlaces(&w); err != nil || len(back) != len(places) {
				t.Fatalf("%d places became %d: %v", len(places), len(back), err)
			}
		}
	})
}

// TestFoldingTwiceIsFoldingOnce tries every rune there is.
func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	for r := range rune(utf8.MaxRune + 1) {
		if once := Fold("a" + string(r) + "b"); Fold(once) != once {
			t.Fatalf("%U: %q, and again %q", r, once, Fold(once))
		}
	}
}

func TestTheStateBehindACityChoosesAmongItsNamesakes(t *testing.T) {
	g, err := Load(World())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]truce.PlaceID{
		"Springfield, Illinois": "US-IL", "Springfield, Massachusetts": "US-MA", "Cambridge, Ontario": "CA-ON", "Birmingham, Alabama": "US-AL",
	} {
		got := g.Find(Query{Text: text, Max: 1, MinScore: 800})
		if len(got) == 0 || got[0].Place.Class != City && got[0].Place.Class != Town || got[0].Place.Parent != want {
			t.Errorf("%s: %+v, want a city in %s", text, got, want)
		}
	}
}

func TestEveryPlaceOfTheWorldHasAnEnglishName(t *testing.T) {
	g, err := Load(World(), os.DirFS("../dossiers/syria-2016"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range g.places {
		if p.Name("en") == "" {
			t.Fatalf("%s has none: %+v", p.ID, p)
		}
	}
}
