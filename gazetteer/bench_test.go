package gazetteer

import (
	"encoding/csv"
	"os"
	"testing"
)

// BenchmarkFind answers the strings of documenters. Report: strings a second.
func BenchmarkFind(b *testing.B) {
	g := levant(b)
	rows, err := csv.NewReader(shared(b, "data/syria-place-strings/places.csv")).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	n := 0
	for b.Loop() {
		g.Find(Query{Text: rows[1+n%(len(rows)-1)][1], Country: "SY"})
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "strings/s")
}

// BenchmarkLoad loads the embedded world and the founding dossier.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(World(), os.DirFS("../dossiers/syria-2016")); err != nil {
			b.Fatal(err)
		}
	}
}
