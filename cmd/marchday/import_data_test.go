package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keep writes a file into a new folder and returns its name.
func keep(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// geocoded asks for names and returns the first answer to each, by column.
func geocoded(t *testing.T, dir, country string, names ...string) []map[string]string {
	t.Helper()
	in := "id,text,country\n"
	for _, n := range names {
		in += "x,\"" + n + "\"," + country + "\n"
	}
	rows, err := csv.NewReader(strings.NewReader(mustRun(t, "geocode", "--in", keep(t, "names.csv", in), "--data", dir, "--max", "1"))).ReadAll()
	if err != nil || len(rows) != len(names)+1 {
		t.Fatalf("%d rows for %d names: %v", len(rows), len(names), err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, h := range rows[0] {
			m[h] = r[i]
		}
		out = append(out, m)
	}
	return out
}

const villageUnits = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"ADM1_EN":"Red Valley","ADM1_AR":"الوادي الأحمر","ADM1_PCODE":"XV01","ADM0_PCODE":"XV","label_lon":20.5,"label_lat":10.5},"geometry":{"type":"Polygon","coordinates":[[[20,10],[21,10],[21,11],[20,11],[20,10]]]}}]}`

const villageDump = "900001\tTolma\tTolma\tتولما\t10.5\t20.25\tP\tPPLA\tXV\t\t01\t\t\t\t90000\t\t100\tEtc/UTC\t2031-01-01\n900002\tBad\tBad\t\tx\t20\tP\tPPL\tXV\t\t01\t\t\t\t5\t\t100\tEtc/UTC\t2031-01-01\n"

func TestImportedBoundariesAndPlacesAreKnownToGeocode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder that is not there yet")
	mustRun(t, "import", "boundaries", keep(t, "units.geojson", villageUnits), "--data", dir, "--source", "a ministry", "--licence", "CC BY 4.0")
	dumped := keep(t, "XV.txt", villageDump)
	if out := mustRun(t, "import", "gazetteer", dumped, "--data", dir, "--dry-run"); !strings.Contains(out, "1 places, 1 refused") {
		t.Errorf("a dry run says %q", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "gazetteer", "XV.txt.tsv")); err == nil {
		t.Error("a dry run kept the file")
	}
	for range 2 { // the same file again changes nothing
		mustRun(t, "import", "gazetteer", dumped, "--data", dir)
		mustRun(t, "import", "gazetteer", keep(t, "villages.csv", "name,name_ar,lat,lon\nDeir Brisk,دير بريسك,10.7,20.4\n"), "--data", dir, "--country", "XV")
	}
	rejects, err := os.ReadFile(dumped + ".rejects.csv")
	if err != nil || !strings.Contains(string(rejects), "2,") || !strings.Contains(string(rejects), "900002") {
		t.Errorf("rejects %q, %v: wanted line 2 with its row", rejects, err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "imports.csv"))
	if err != nil || strings.Count(string(list), "\n") != 4 || !strings.Contains(string(list), "a ministry,CC BY 4.0") {
		t.Errorf("the list of imports is %q, %v", list, err)
	}
	for i, got := range geocoded(t, dir, "XV", "تولما", "Dayr Brisk", "Red Valley") {
		if got["adm1_pcode"] != "XV01" {
			t.Errorf("name %d lies in %q: %v", i, got["adm1_pcode"], got)
		}
	}
}

func TestNamesAreGeocodedFromTheCommandLine(t *testing.T) {
	out := mustRun(t, "geocode", "--dossier", "syria-2016", "--max", "1", "تل رفعت", "Tell, Rifaat")
	if !strings.Contains(out, "\nتل رفعت,1,Tall Rif`at,") || !strings.Contains(out, "\n\"Tell, Rifaat\",") {
		t.Errorf("the answer is %q", out)
	}
	if code, _, errs := command(t, "geocode", "Tolma", "--in", "names.csv"); code == exitFine || !strings.Contains(errs, "not both") {
		t.Errorf("names and a file: exit %d, %q", code, errs)
	}
}

func TestSharedBoundariesGiveCodesToSyrianNames(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"1", "2", "3"} {
		mustRun(t, "import", "boundaries", shared(t, "data/geo-syria/admin"+n+".geojson"), "--data", dir)
	}
	mustRun(t, "import", "gazetteer", shared(t, "data/geonames-levant/cities.csv"), "--data", dir)
	mustRun(t, "import", "gazetteer", shared(t, "data/geo-syria/city_neighbourhoods.csv"), "--data", dir)
	names := []string{"Aleppo: Azaz", "دوما", "Хама", "Idlib", "Damascus Suburbs: Duma", "Ras Al-Ayn"}
	want := []string{"SY02", "SY03", "SY05", "SY07", "SY03", "SY08"}
	for i, got := range geocoded(t, dir, "SY", names...) {
		if got["adm1_pcode"] != want[i] {
			t.Errorf("%s lies in %q, wanted %s: %v", names[i], got["adm1_pcode"], want[i], got)
		}
	}
}

func TestAlternateNamesAreLaidOverTheirPlaces(t *testing.T) {
	dir := t.TempDir()
	names := keep(t, "alternateNamesV2.txt", "1\t900001\ten\tCity of Tolma\t1\t\t\t\t\t\n2\t900001\ttr\tTolmabey\t\t\t\t\t\t\n3\t900009\ten\tElsewhere\t\t\t\t\t\t\n4\tx\ten\tNowhere\t\t\t\t\t\t\n")
	if code, _, errs := command(t, "import", "gazetteer", names, "--data", dir); code == exitFine || !strings.Contains(errs, "import their dump first") {
		t.Fatalf("names without their places: exit %d, %q", code, errs)
	}
	mustRun(t, "import", "gazetteer", keep(t, "XV.txt", villageDump), "--data", dir)
	for range 2 { // the same file again changes nothing
		if out := mustRun(t, "import", "gazetteer", names, "--data", dir); !strings.Contains(out, "1 places with more names, 1 refused") {
			t.Errorf("the import says %q", out)
		}
	}
	for i, got := range geocoded(t, dir, "XV", "Tolmabey", "تولما") {
		if got["name"] != "City of Tolma" || got["match"] != "exact" {
			t.Errorf("name %d is answered with %v", i, got)
		}
	}
}

func TestADumpWhoseCodesDisagreeWithTheOutlinesIsListed(t *testing.T) {
	dir := t.TempDir()
	other := strings.NewReplacer("XV01", "XV02", "[20,", "[21,", "[21,10],[21,11]", "[22,10],[22,11]", "20.5", "21.5", "Red Valley", "Blue Hills").Replace(villageUnits)
	mustRun(t, "import", "boundaries", keep(t, "red.geojson", villageUnits), "--data", dir)
	mustRun(t, "import", "boundaries", keep(t, "blue.geojson", other), "--data", dir)
	row := func(id, lon string) string {
		return id + "\tTolma\tTolma\t\t10.5\t" + lon + "\tP\tPPL\tXV\t\t07\t\t\t\t5\t\t100\tEtc/UTC\t2031-01-01\n"
	}
	dump := keep(t, "XV.txt", row("900001", "20.2")+row("900002", "20.3")+row("900003", "21.4"))
	if out := mustRun(t, "import", "gazetteer", dump, "--data", dir); !strings.Contains(out, "1 of 3 populated places lie in another unit") {
		t.Errorf("the import says %q", out)
	}
	list, err := os.ReadFile(dump + ".units.csv")
	if err != nil || string(list) != "id,name,code,outline,most_of_code\ngn:900003,Tolma,XV.07,XV02,XV01\n" {
		t.Errorf("listed %q, %v", list, err)
	}
}
