package gazetteer

import (
	"encoding/csv"
	"os"
	"syscall"
	"testing"
)

// BenchmarkFind answers the strings of documenters, none of them remembered.
// Reported: strings per second of processor time.
func BenchmarkFind(b *testing.B) {
	g := levant(b)
	rows, err := csv.NewReader(shared(b, "data/syria-place-strings/places.csv")).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	begin := cpu(b)
	n := 0
	for b.Loop() {
		g.Find(Query{Text: rows[1+n%(len(rows)-1)][1], Country: "SY"})
		n++
	}
	b.ReportMetric(float64(n)/(cpu(b)-begin), "strings/cpu-s")
}

// cpu is the processor time that this process has used, in seconds.
func cpu(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
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
