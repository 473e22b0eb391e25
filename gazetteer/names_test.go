package gazetteer

import (
	"slices"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

// tolma is a place as a dump gives it.
var tolma = Place{ID: "gn:900001", Class: Town, Country: "XV", Point: truce.Point{Lon: 202500000, Lat: 105000000}, Names: []Name{{"en", "Tolma"}, {"ar", "تولما"}}}

func TestAlternateNamesAreReadByLanguageAndFlag(t *testing.T) {
	const file = "1\t900001\ten\tCity of Tolma\t1\t\t\t\t\t\n" +
		"2\t900001\ten\tTolma\t\t1\t\t\t\t\n" +
		"3\t900001\ttr\tTolma Şehri\t\t\t\t\t\t\n" +
		"4\t900001\tru\tТолма\t\t\t\t\t\t\n" +
		"5\t900001\tar\tتolma\t\t\t\t\t\t\n" + // of two scripts
		"6\t900001\ten\tStalma\t\t\t\t1\t\t\n" + // historic
		"7\t900001\ten\tTolly\t\t\t1\t\t\t\n" + // colloquial
		"8\t900001\ten\tOldtolma\t\t\t\t\t1900\t1950\n" + // with an end
		"9\t900001\tfr\tTolmasse\t\t\t\t\t\t\n" +
		"10\t900001\tlink\thttps://example.org\t\t\t\t\t\t\n" +
		"11\t900001\t\tTulma\t\t\t\t\n" +
		"12\t900002\ten\tElsewhere\t\t\t\t\t\t\n" +
		"13\tx\ten\tNowhere\t\t\t\t\t\t\n" +
		"14\t900001\ten\n"
	names, bad, err := ReadAlternateNames(strings.NewReader(file), func(id truce.PlaceID) bool { return id == tolma.ID })
	if err != nil || len(bad) != 2 || bad[0].Line != 13 || bad[1].Line != 14 {
		t.Fatalf("refused %v, %v: wanted lines 13 and 14", bad, err)
	}
	laid := LayNames([]Place{tolma}, names)
	if len(laid) != 1 {
		t.Fatalf("%d places gain names, wanted one", len(laid))
	}
	want := []Name{{"en", "City of Tolma"}, {"tr", "Tolma Şehri"}, {"ru", "Толма"}, {"", "تolma"}, {"", "Stalma"}, {"", "Tolly"}, {"", "Oldtolma"}, {"", "Tulma"}}
	if !slices.Equal(laid[0].Names, want) {
		t.Errorf("names %v\nwanted %v", laid[0].Names, want)
	}
	g := New([]Place{tolma, laid[0]}, nil, nil)
	p, _ := g.Place(tolma.ID)
	if p.Name("en") != "City of Tolma" || p.Name("ar") != "تولما" || p.Name("tr") != "Tolma Şehri" {
		t.Errorf("shown as %q, %q and %q", p.Name("en"), p.Name("ar"), p.Name("tr"))
	}
	for _, name := range []string{"Stalma", "Толма", "Tolma", "Tulma", "Oldtolma"} {
		if found := g.Find(Query{Text: name}); len(found) == 0 || found[0].Place.ID != tolma.ID || found[0].Match != MatchExact {
			t.Errorf("%s is answered with %v", name, found)
		}
	}
	if found := g.Find(Query{Text: "Elsewhere"}); len(found) > 0 {
		t.Errorf("the name of a place that is not held is answered with %v", found)
	}
}

func TestAPlaceInAnotherUnitThanItsCodeIsNamed(t *testing.T) {
	square := func(id truce.PlaceID, west int32) Boundary {
		const d = degree
		return Boundary{Place: Place{ID: id, Class: Adm1, Country: "XV", Names: []Name{{"en", string(id)}}}, Starts: []int32{0}, Rings: []truce.Point{{Lon: west * d, Lat: d}, {Lon: west*d + d, Lat: d}, {Lon: west*d + d, Lat: 2 * d}, {Lon: west * d, Lat: 2 * d}}}
	}
	at := func(id truce.PlaceID, lon int32) Place {
		return Place{ID: id, Class: Village, Country: "XV", Point: truce.Point{Lon: lon, Lat: 15_000_000}, Names: []Name{{"en", string(id)}}}
	}
	g := New(nil, []Boundary{square("XV01", 1), square("XV02", 2)}, nil)
	places := []Place{at("gn:1", 12_000_000), at("gn:2", 13_000_000), at("gn:3", 24_000_000), at("gn:4", 26_000_000), at("gn:5", 90_000_000), at("gn:6", 11_000_000)}
	codes := map[truce.PlaceID]string{"gn:1": "XV.07", "gn:2": "XV.07", "gn:3": "XV.07", "gn:4": "XV.08", "gn:5": "XV.08"}
	out, compared := g.Disagree(places, codes)
	want := Disagreement{"gn:3", "gn:3", "XV.07", "XV02", "XV01"}
	if compared != 4 || len(out) != 1 || out[0] != want {
		t.Errorf("%v of %d, wanted %v of 4", out, compared, want)
	}
}

func TestADumpTellsTheCodesOfPopulatedPlaces(t *testing.T) {
	row := func(id, class, code string) string {
		return id + "\tTolma\tTolma\t\t10.5\t20.25\t" + class + "\tPPL\tXV\t\t" + code + "\t\t\t\t5\t\t100\tEtc/UTC\t2031-01-01\n"
	}
	codes, err := AdminCodes(strings.NewReader(row("1", "P", "07") + row("2", "A", "07") + row("3", "P", "") + row("4", "P", "00") + "short\n"))
	if err != nil || len(codes) != 1 || codes["gn:1"] != "XV.07" {
		t.Errorf("codes %v, %v", codes, err)
	}
}
