// Orleans, which comes with the cluster, has a type of the same name.
global using ErrorCode = Figment.Api.Contract.ErrorCode;
