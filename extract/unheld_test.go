package extract

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// villagers is an engine whose gazetteer holds the villages of XV, and one town
// abroad whose Arabic name is a word of the language.
func villagers(t *testing.T) *Engine {
	t.Helper()
	base := inventedEngine(t)
	var places []gazetteer.Place
	for _, id := range []truce.PlaceID{"XV", "XO", "xv-highland", "xv-tolma"} {
		p, ok := base.places.Place(id)
		if !ok {
			t.Fatalf("%s is not held", id)
		}
		places = append(places, p)
	}
	for i := range 20 {
		name := gazetteer.Name{Lang: "en", Text: fmt.Sprintf("Quo%c%c", 'a'+i, 'a'+i)}
		places = append(places, gazetteer.Place{ID: truce.PlaceID(fmt.Sprint("xv-hamlet-", i)), Class: gazetteer.Village, Country: "XV", Point: truce.Point{Lon: 203_000_000, Lat: 104_000_000}, Names: []gazetteer.Name{name}})
	}
	places = append(places, gazetteer.Place{ID: "xo-pictures", Class: gazetteer.City, Country: "XO", Point: truce.Point{Lon: 231_000_000, Lat: 111_000_000}, Population: 130_000, Names: []gazetteer.Name{{Lang: "ar", Text: "صور"}}})
	e := *base
	e.places = gazetteer.New(places, nil, nil)
	return &e
}

func placesOfText(e *Engine, lang, text string) []truce.Where {
	var out []truce.Where
	for _, c := range e.Claims(Doc{Text: text, Lang: lang}) {
		out = append(out, c.Where...)
	}
	return out
}

func TestAPlaceThatIsNotHeldStaysByName(t *testing.T) {
	e := villagers(t)
	for _, c := range []struct {
		lang, text, name, class string
		within                  truce.PlaceID
	}{
		{"ar", "قتل ثلاثة مدنيين بقصف مدفعي على قرية عين برقا", "عين برقا", "village", ""},
		{"ar", "قتل ثلاثة مدنيين بقصف مدفعي استهدف بلدة \"كفرنورا\" في محافظة المرتفعات", "كفرنورا", "town", "xv-highland"},
		{"ar", "قتل ثلاثة مدنيين بقصف مدفعي على قرية برقوبة الشرقية", "برقوبة الشرقية", "village", ""},
		{"en", "Shells hit the village of Ain Barqa in Highland on Monday, killing two civilians.", "Ain Barqa", "village", "xv-highland"},
	} {
		got := placesOfText(e, c.lang, c.text)
		if len(got) == 0 {
			t.Errorf("%s: no place", c.text)
			continue
		}
		w := got[0]
		if w.Name != c.name || w.Class != c.class || w.Place != "" || w.Point != nil || c.within != "" && !w.IsIn(c.within) {
			t.Errorf("%s: %+v", c.text, w)
		}
	}
}

func TestTwoPlacesThatAreNotHeldAreTwo(t *testing.T) {
	e := villagers(t)
	claims := e.Claims(Doc{Lang: "ar", Text: "قتل ثلاثة مدنيين بقصف مدفعي على قرية عين برقا. وقتل ثلاثة مدنيين بقصف مدفعي على قرية كفرنورا."})
	if len(claims) != 2 || claims[1].SameAs != "" {
		t.Errorf("%d claims, the second repeats %q", len(claims), claims[len(claims)-1].SameAs)
	}
}

func TestAWordIsNoTownAbroad(t *testing.T) {
	e := villagers(t)
	if got := placesOfText(e, "ar", "قتل ثلاثة مدنيين في قصف مدفعي نشر ناشطون في صور آثاره"); len(got) != 0 {
		t.Errorf("a word was read as %+v", got[0])
	}
	got := placesOfText(e, "ar", "قتل ثلاثة مدنيين بقصف مدفعي على صور في أورلينيا")
	if len(got) == 0 || got[0].Place != "xo-pictures" {
		t.Errorf("the town is not found where its country is named: %+v", got)
	}
}

func TestAnActWithoutPlaceTakesTheOnlyOneOfAShortText(t *testing.T) {
	e := villagers(t)
	got := placesOfText(e, "ar", "قتل ثلاثة مدنيين وأصيب عشرة. كان ذلك في قرية عين برقا.")
	if len(got) == 0 || got[0].Name != "عين برقا" || got[0].Span != nil || got[0].Score >= minLoose {
		t.Errorf("%+v: wanted a guess at the only place", got)
	}
	if got := placesOfText(e, "ar", "قتل ثلاثة مدنيين وأصيب عشرة. كان ذلك في قرية عين برقا وفي قرية كفرنورا."); len(got) != 0 {
		t.Errorf("one of two places was guessed: %+v", got)
	}
}

func TestAWeekdayIsKeptWhereTheTextHasNoDate(t *testing.T) {
	e := villagers(t)
	for text, want := range map[string]int{
		"قتل ثلاثة مدنيين بقصف مدفعي يوم الجمعة":                     5,
		"قتل ثلاثة مدنيين بقصف مدفعي يوم الجمعة 13 آب":               5,
		"Shells hit Tolma on Friday morning, killing two civilians.": 5,
	} {
		lang := "ar"
		if text[0] < 128 {
			lang = "en"
		}
		claims := e.Claims(Doc{Text: text, Lang: lang})
		if len(claims) == 0 || claims[0].When.Weekday != want || claims[0].When.From != 0 {
			t.Errorf("%s: %+v", text, claims)
		}
	}
	if c := e.Claims(Doc{Text: "قتل ثلاثة مدنيين بقصف مدفعي بتاريخ 13-8-2031", Lang: "ar"}); len(c) == 0 || e.dayOf(c[0].When.From).String() != "2031-08-13" {
		t.Errorf("day-month-year with hyphens: %+v", c)
	}
}

func TestATextIsOfTheDaysThatItNames(t *testing.T) {
	e := villagers(t)
	c := e.Claims(Doc{Lang: "ar", Text: "قتل ثلاثة مدنيين بقصف مدفعي على قرية عين برقا وأصيب عشرة آخرون من سكان القرية ومن القرى القريبة منها كما قال ناشطون من أهل المنطقة في صفحاتهم على الشبكة. نشر بتاريخ 13/8/2031."})
	if len(c) == 0 || e.dayOf(c[0].When.From).String() != "2031-08-13" {
		t.Errorf("the date at the end is not the text's: %+v", c)
	}
	c = e.Claims(Doc{Lang: "ar", Text: "قتل ثلاثة مدنيين بقصف مدفعي على قرية عين برقا وأصيب عشرة آخرون من سكان القرية ومن القرى القريبة منها كما قال ناشطون من أهل المنطقة في صفحاتهم على الشبكة. وكانت القرية قصفت في 13/8/2031 وفي 1/2/2031."})
	if len(c) == 0 || c[0].When.From != 0 {
		t.Errorf("a text that names two far days was dated: %+v", c)
	}
}

func TestNamesOfBuildingsAndNamesLikeTitles(t *testing.T) {
	base := villagers(t)
	places := []gazetteer.Place{
		{ID: "xv-sheikh", Class: gazetteer.Neighbourhood, Country: "XV", Names: []gazetteer.Name{{Lang: "en", Text: "Sheikh Barqa"}, {Lang: "ar", Text: "الشيخ برقا"}}},
		{ID: "xo-quds", Class: gazetteer.City, Country: "XO", Population: 800_000, Point: truce.Point{Lon: 231_000_000, Lat: 111_000_000}, Names: []gazetteer.Name{{Lang: "en", Text: "Al-Quds"}}},
	}
	ids := []truce.PlaceID{"XV", "XO", "xv-highland", "xv-tolma"}
	for i := range 20 {
		ids = append(ids, truce.PlaceID(fmt.Sprint("xv-hamlet-", i)))
	}
	for _, id := range ids {
		p, _ := base.places.Place(id)
		places = append(places, p)
	}
	e := *base
	e.places = gazetteer.New(places, nil, nil)
	for _, c := range []struct {
		lang, text string
		want       []truce.PlaceID
	}{
		{"en", "Militants shelled the Sheikh Barqa district of Tolma on 3 May 2016.", []truce.PlaceID{"xv-sheikh", "xv-tolma"}},
		{"ar", "قصف المسلحون حي الشيخ برقا يوم 3 أيار 2016", []truce.PlaceID{"xv-sheikh"}},
		{"en", "An air strike hit Al-Quds hospital in Tolma on 3 May 2016.", []truce.PlaceID{"xv-tolma"}},
		{"en", "Shelling of Quobb and Quocc killed two people on 3 May 2016.", []truce.PlaceID{"xv-hamlet-1", "xv-hamlet-2"}},
	} {
		claims := e.Claims(Doc{Text: c.text, Lang: c.lang})
		if len(claims) != 1 {
			t.Errorf("%s: %d claims", c.text, len(claims))
			continue
		}
		var got []truce.PlaceID
		for _, w := range claims[0].Where {
			got = append(got, w.Place)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: places %q, wanted %q", c.text, got, c.want)
		}
		for _, r := range claims[0].Targets {
			if strings.HasPrefix(r.ID, "person:") {
				t.Errorf("%s: hits %s, a place", c.text, r.ID)
			}
		}
	}
}
