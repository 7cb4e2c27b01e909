module terraform-provider-dcs/test/sdkcompat

go 1.25.8

require terraform-provider-dcs v0.0.0-00010101000000-000000000000

require github.com/huaweicloud/huaweicloud-sdk-go-v3 v0.1.207 // indirect

replace terraform-provider-dcs => ../..
