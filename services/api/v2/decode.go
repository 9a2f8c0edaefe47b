package v2

import (
	"errors"
	"math"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/services/api/web"
)

// decode reads a small JSON body; an empty one leaves into as it is.
func decode(c echo.Context, into any) error {
	data, err := web.Body(c)
	if err != nil || len(data) == 0 {
		return err
	}
	err = json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	var (
		field  *json.SemanticError
		syntax *jsontext.SyntacticError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return web.BadParam(syntax.JSONPointer.LastToken(), "is given twice; keep one")
	case !errors.As(err, &field) || field.JSONPointer == "":
		return web.BadParam("body", "must be one JSON object, see "+DocumentPath)
	case errors.Is(err, json.ErrUnknownName):
		return web.BadParam(field.JSONPointer.LastToken(), "is no field of this request; "+DocumentPath+" lists them")
	case field.GoType.Kind() == reflect.Slice:
		return web.BadParam(field.JSONPointer.LastToken(), "must be a list in brackets")
	case field.GoType.Kind() == reflect.Struct, field.GoType.Kind() == reflect.Map:
		return web.BadParam(field.JSONPointer.LastToken(), "must be an object in braces")
	case field.GoType.Kind() == reflect.Bool:
		return web.BadParam(field.JSONPointer.LastToken(), "must be true or false")
	case field.GoType.Kind() == reflect.String:
		return web.BadParam(field.JSONPointer.LastToken(), "must be a string; put it in quotes")
	}
	return web.BadParam(field.JSONPointer.LastToken(), "must be a whole number from 0 to %d", uint32(math.MaxUint32))
}
