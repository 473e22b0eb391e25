package web

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A Licence says what the program carries of one package, and under what terms.
type Licence struct{ Name, Version, Licence, Text string }

type licencesPage struct {
	Frame
	Packages []Licence
}

// Licences answers /licences with what the build found in the bundle and in
// the program, and with the credits of the data.
func (p *Pages) Licences(w http.ResponseWriter, f Frame) error {
	page := licencesPage{Frame: f}
	if list := p.assets.files["licences.json"]; list != nil {
		if err := json.Unmarshal(list.body, &page.Packages); err != nil {
			return fmt.Errorf("licences.json: %w", err)
		}
	}
	return p.Render(w, http.StatusOK, "licences", page)
}
