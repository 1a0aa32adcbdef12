package proofs

import (
	"encoding/asn1"
	"math/big"
)

type ecdsaSignature struct{ R, S *big.Int }

func splitSignature(der []byte) (r, s *big.Int) {
	var sig ecdsaSignature
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		panic(err)
	}
	return sig.R, sig.S
}

func joinSignature(r, s *big.Int) []byte {
	der, err := asn1.Marshal(ecdsaSignature{r, s})
	if err != nil {
		panic(err)
	}
	return der
}
