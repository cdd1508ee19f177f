global using ErrorCode = Figment.Api.Contract.ErrorCode;
