package extract

import (
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// TestANameOfBothIsTheCityUnlessAWordForTheUnitStandsBesideIt reads places that
// a governorate and its seat share a name of.
func TestANameOfBothIsTheCityUnlessAWordForTheUnitStandsBesideIt(t *testing.T) {
	folder := os.DirFS("../dossiers/syria-2016")
	g, err := gazetteer.Load(gazetteer.World(), folder)
	if err != nil {
		t.Fatal(err)
	}
	words, err := fs.Sub(folder, "dict")
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Gazetteer: g, Dictionaries: []fs.FS{words}})
	if err != nil {
		t.Fatal(err)
	}
	homs, hama, aleppo := "gn:169577", "gn:170017", "gn:170063"
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Shells hit Homs on Monday, killing three people.", []string{homs}},
		{"Shells hit the city of Homs on Monday.", []string{homs}},
		{"Shells hit a village in Homs province on Monday.", []string{"SY-HI"}},
		{"Shells hit a village in the Homs Governorate on Monday.", []string{"SY-HI"}},
		{"Shells hit a village in the province of Homs on Monday.", []string{"SY-HI"}},
		{"Shells hit the northern countryside of Homs on Monday.", []string{"SY-HI"}},
		{"Shells hit Homs's northern countryside on Monday.", []string{"SY-HI"}},
		{"Shells hit rural Homs on Monday.", []string{"SY-HI"}},
		{"Shells hit the provinces of Homs and Hama on Monday.", []string{"SY-HI", "SY-HM"}},
		{"Shells hit Homs and Hama provinces on Monday.", []string{"SY-HI", "SY-HM"}},
		{"Shells hit Homs and Aleppo on Monday.", []string{homs, aleppo}},
		{"Shells hit Hama. The province is quiet.", []string{hama}},
		{"سقطت قذائف على حمص يوم الاثنين وقتل ثلاثة أشخاص.", []string{homs}},
		{"سقطت قذائف على قرية في محافظة حمص يوم الاثنين.", []string{"SY-HI"}},
		{"سقطت قذائف على ريف حمص الشمالي يوم الاثنين.", []string{"SY-HI"}},
		{"سقطت قذائف بريف حلب يوم الاثنين.", []string{"SY-HL"}},
		{"Снаряды упали на Хомс в понедельник.", []string{homs}},
		{"Снаряды упали на деревню в провинции Хомс в понедельник.", []string{"SY-HI"}},
		{"Снаряды упали на деревни в провинциях Хомс и Хама в понедельник.", []string{"SY-HI", "SY-HM"}},
	} {
		w := e.pool.Get().(*work)
		if !w.begin(e, Doc{Text: c.text, Date: truce.Instant(1_462_400_000)}) {
			t.Fatalf("%q is not read", c.text)
		}
		var got []string
		for n := range w.t.sents {
			w.a.open(&w.t, n)
			w.a.take(w.t.ments)
			w.a.parse()
			for _, p := range w.a.findPlaces(nil) {
				got = append(got, string(p.best().ID))
			}
		}
		e.pool.Put(w)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q is at %v, want %v", c.text, got, c.want)
		}
	}
}
